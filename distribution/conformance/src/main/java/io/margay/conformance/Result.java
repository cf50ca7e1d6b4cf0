// SPDX-License-Identifier: Apache-2.0
package io.margay.conformance;

import com.google.gson.JsonObject;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * The result of an ADD, of whatever version. CNI 1.1.0 section 5, and the specifications before.
 *
 * @param interfaces empty before 0.3.0
 */
record Result(List<Interface> interfaces, List<Ip> ips, List<Route> routes) {
  /**
   * A link.
   *
   * @param sandbox empty for a link of the host
   * @param mtuBytes since 1.1.0
   */
  record Interface(String name, String mac, String sandbox, Optional<Integer> mtuBytes) {}

  /**
   * An address.
   *
   * @param link index into the interfaces
   */
  record Ip(Cidr address, Optional<InetAddress> gateway, Optional<Integer> link) {}

  record Route(Cidr destination, Optional<InetAddress> gateway) {}

  /**
   * Reads a result and checks its format.
   *
   * @throws Deviation when it is not as its version has it
   */
  static Result parse(JsonObject json, SpecVersion version) throws Deviation {
    if (json.has("dns") && Json.object(json, "dns").isEmpty()) {
      throw new Deviation("dns is no object: " + Text.brief(json.get("dns").toString()));
    }
    return version.atLeast(SpecVersion.V0_3_0) ? parseLists(json, version) : parseFamilies(json);
  }

  /** The addresses of one link of a container; before 0.3.0 all. */
  Set<Cidr> addresses(String name, String sandbox) {
    Set<Cidr> addresses = new TreeSet<>();
    for (Ip ip : ips) {
      Optional<Interface> link = ip.link().map(interfaces::get);
      if (link.isEmpty()
          || (link.get().name().equals(name) && link.get().sandbox().equals(sandbox))) {
        addresses.add(ip.address());
      }
    }
    return addresses;
  }

  private static Result parseLists(JsonObject json, SpecVersion version) throws Deviation {
    if (json.has("ip4") || json.has("ip6")) {
      throw new Deviation("ip4 and ip6 ended with 0.2.0: " + Text.brief(json.toString()));
    }
    List<Interface> interfaces = new ArrayList<>();
    for (JsonObject link : Json.objects(json, "interfaces")) {
      String name = Json.string(link, "name").orElse("");
      if (name.isEmpty()) {
        throw new Deviation("interface without a name: " + Text.brief(link.toString()));
      }
      String mac = Json.string(link, "mac").orElse("");
      if (!mac.isEmpty() && !mac.matches("\\p{XDigit}{2}(:\\p{XDigit}{2})+")) {
        throw new Deviation("mac of " + name + ": " + mac);
      }
      String sandbox = Json.string(link, "sandbox").orElse("");
      interfaces.add(new Interface(name, mac, sandbox, Json.integer(link, "mtu")));
    }
    List<Ip> ips = new ArrayList<>();
    for (JsonObject ip : Json.objects(json, "ips")) {
      ips.add(parseIp(ip, version, interfaces.size()));
    }
    return new Result(
        List.copyOf(interfaces), List.copyOf(ips), parseRoutes(Json.objects(json, "routes")));
  }

  private static Ip parseIp(JsonObject json, SpecVersion version, int interfaces) throws Deviation {
    Cidr address = cidr(json, "address");
    String family = address.isIpv4() ? "4" : "6";
    boolean hasVersion = !version.atLeast(SpecVersion.V1_0_0);
    if (hasVersion && !Json.string(json, "version").equals(Optional.of(family))) {
      throw new Deviation("ips[].version of %s is not \"%s\"".formatted(address, family));
    }
    Optional<Integer> link = Json.integer(json, "interface");
    if (link.isPresent() && (link.get() < 0 || link.get() >= interfaces)) {
      throw new Deviation("ips[].interface %d of %d".formatted(link.get(), interfaces));
    }
    return new Ip(address, gateway(json, "gateway"), link);
  }

  private static Result parseFamilies(JsonObject json) throws Deviation {
    if (json.has("ips") || json.has("interfaces")) {
      throw new Deviation("ips and interfaces came with 0.3.0: " + Text.brief(json.toString()));
    }
    List<Ip> ips = new ArrayList<>();
    List<Route> routes = new ArrayList<>();
    for (String key : List.of("ip4", "ip6")) {
      if (json.has(key)) {
        JsonObject family =
            Json.object(json, key).orElseThrow(() -> new Deviation(key + " is no object"));
        Cidr address = cidr(family, "ip");
        if (address.isIpv4() != key.equals("ip4")) {
          throw new Deviation(key + " is " + address);
        }
        ips.add(new Ip(address, gateway(family, "gateway"), Optional.empty()));
        routes.addAll(parseRoutes(Json.objects(family, "routes")));
      }
    }
    return new Result(List.of(), List.copyOf(ips), List.copyOf(routes));
  }

  private static List<Route> parseRoutes(List<JsonObject> jsons) throws Deviation {
    List<Route> routes = new ArrayList<>();
    for (JsonObject json : jsons) {
      routes.add(new Route(cidr(json, "dst"), gateway(json, "gw")));
    }
    return List.copyOf(routes);
  }

  private static Cidr cidr(JsonObject json, String key) throws Deviation {
    String text = Json.string(json, key).orElse("");
    return Cidr.parse(text)
        .filter(cidr -> text.contains("/"))
        .orElseThrow(
            () -> new Deviation(key + " is not in CIDR notation: " + Text.brief("" + json)));
  }

  private static Optional<InetAddress> gateway(JsonObject json, String key) throws Deviation {
    Optional<String> text = Json.string(json, key).filter(t -> !t.isEmpty());
    Optional<InetAddress> address = text.flatMap(Cidr::address);
    if (text.isPresent() && address.isEmpty()) {
      throw new Deviation(key + " is no address: " + Text.brief(text.get()));
    }
    return address;
  }
}
