// SPDX-License-Identifier: Apache-2.0
package io.margay.conformance;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * A network namespace, looked at and changed by Debian's {@code ip}: the oracle is no code of ours.
 *
 * @param path such as /run/netns/x
 */
record Namespace(Path path) {
  private static final Path NAMED = Path.of("/run/netns");

  /** A link as {@code ip} shows it. */
  record Link(String name, String mac, int mtuBytes, boolean isUp) {}

  /**
   * A route of the main table.
   *
   * @param gateway empty when the destination is on the link
   */
  record Route(String destination, Optional<String> gateway, String link) {}

  /** Makes a new one with only {@code lo}, which is up. */
  static Namespace create(String name) throws IOException, InterruptedException {
    Shell.run("ip", "netns", "add", name);
    Namespace created = new Namespace(NAMED.resolve(name));
    created.ip("link", "set", "lo", "up");
    return created;
  }

  /** Removes all that {@link #create} made whose names begin so. */
  static void deleteAll(String prefix) throws IOException, InterruptedException {
    String[] names = NAMED.toFile().list((directory, name) -> name.startsWith(prefix));
    for (String name : names == null ? new String[0] : names) {
      new Namespace(NAMED.resolve(name)).delete();
    }
  }

  /** Removes one that {@link #create} made, if it is still there. */
  void delete() throws IOException, InterruptedException {
    if (path.toFile().exists()) {
      Shell.run("ip", "netns", "delete", path.getFileName().toString());
    }
  }

  /** What runs a command inside. */
  List<String> command(List<String> command) {
    List<String> inside = new ArrayList<>(List.of("nsenter", "--net=" + path, "--"));
    inside.addAll(command);
    return inside;
  }

  /** Runs {@code ip} inside; fails when it does. */
  String ip(String... words) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of("ip"));
    command.addAll(List.of(words));
    return Shell.run(command(command).toArray(String[]::new));
  }

  List<Link> links() throws IOException, InterruptedException {
    List<Link> links = new ArrayList<>();
    for (JsonObject link : list("-j", "link", "show")) {
      links.add(
          new Link(
              link.get("ifname").getAsString(),
              Json.string(link, "address").orElse(""),
              link.get("mtu").getAsInt(),
              link.getAsJsonArray("flags").toString().contains("\"UP\"")));
    }
    return links;
  }

  Set<String> linkNames() throws IOException, InterruptedException {
    Set<String> names = new TreeSet<>();
    links().forEach(link -> names.add(link.name()));
    return names;
  }

  Optional<Link> link(String name) throws IOException, InterruptedException {
    return links().stream().filter(link -> link.name().equals(name)).findFirst();
  }

  /** Addresses of a link, which may be missing; without those of link scope. */
  Set<Cidr> addresses(String link) throws IOException, InterruptedException {
    Set<Cidr> addresses = new TreeSet<>();
    for (JsonObject shown : list("-j", "address", "show")) {
      if (!shown.get("ifname").getAsString().equals(link)) {
        continue;
      }
      for (JsonElement item : shown.getAsJsonArray("addr_info")) {
        JsonObject address = item.getAsJsonObject();
        if (!address.get("scope").getAsString().equals("link")) {
          String text =
              address.get("local").getAsString() + "/" + address.get("prefixlen").getAsInt();
          Cidr.parse(text).ifPresent(addresses::add);
        }
      }
    }
    return addresses;
  }

  List<Route> routes() throws IOException, InterruptedException {
    List<Route> routes = new ArrayList<>();
    for (String family : List.of("-4", "-6")) {
      for (JsonObject route : list("-j", family, "route", "show")) {
        String any = family.equals("-4") ? "0.0.0.0/0" : "::/0";
        String destination = route.get("dst").getAsString();
        Optional<String> via = Json.object(route, "via").flatMap(v -> Json.string(v, "host"));
        routes.add(
            new Route(
                destination.equals("default") ? any : destination,
                Json.string(route, "gateway").or(() -> via),
                Json.string(route, "dev").orElse("")));
      }
    }
    return routes;
  }

  private List<JsonObject> list(String... words) throws IOException, InterruptedException {
    String json = ip(words);
    List<JsonObject> objects = new ArrayList<>();
    if (!json.isBlank() && JsonParser.parseString(json) instanceof JsonArray array) {
      // Older ip prints an empty object for what its filter left out.
      array.forEach(item -> objects.add(item.getAsJsonObject()));
      objects.removeIf(JsonObject::isEmpty);
    }
    return objects;
  }
}
