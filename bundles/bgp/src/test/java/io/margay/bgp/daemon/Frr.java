// SPDX-License-Identifier: Apache-2.0
package io.margay.bgp.daemon;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.margay.api.net.Cidr;
import io.margay.api.net.IpFamily;
import io.margay.bgp.daemon.Neighbour.Trait;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.UserPrincipal;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/** FRR's bgpd without its zebra: it takes every next hop for reachable and every route for used. */
public final class Frr implements BgpDaemon {
  public static final Path PROGRAM = Path.of("/usr/lib/frr/bgpd");

  private static final int WORDS = 100;

  private final DaemonSettings settings;
  private final DaemonProcess process;
  private List<Announcement> announced = List.of();

  public Frr(TestNet net, DaemonSettings settings) {
    this.settings = settings;
    this.process = new DaemonProcess(net, "frr");
    net.add(settings.number());
  }

  /** One that restarts and one that starts are the same to it. */
  @Override
  public void restart() {
    start();
  }

  @Override
  public void start() {
    process.write("bgpd.conf", config());
    giveFilesToItsUser();
    List<String> command = new ArrayList<>(List.of(PROGRAM.toString(), "--no_zebra"));
    command.addAll(List.of("--no_kernel", "-P", "0", "-u", "frr", "-g", "frr"));
    command.addAll(List.of("-f", process.file("bgpd.conf").toString()));
    command.addAll(List.of("-i", process.file("bgpd.pid").toString()));
    command.addAll(List.of("--vty_socket", process.directory().toString()));
    command.addAll(List.of("-l", TestNet.text(settings.ipv4())));
    command.addAll(List.of("-l", TestNet.text(settings.ipv6())));
    process.start(() -> process.attempt(query("show bgp summary")).exitCode() == 0, command);
  }

  private void giveFilesToItsUser() {
    Path directory = process.directory();
    try {
      UserPrincipal user =
          directory.getFileSystem().getUserPrincipalLookupService().lookupPrincipalByName("frr");
      Files.setOwner(directory, user);
      Files.setOwner(process.file("bgpd.conf"), user);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  @Override
  public void kill() {
    process.kill();
  }

  @Override
  public void announce(Announcement... routes) {
    List<Announcement> wanted = List.of(routes);
    if (!process.isRunning()) {
      announced = wanted;
      return;
    }
    List<String> lines = new ArrayList<>(List.of("configure terminal"));
    for (Announcement route : wanted) {
      lines.addAll(routeMap(route));
    }
    lines.add("router bgp " + settings.asNumber());
    Set<Cidr> prefixes = wanted.stream().map(Announcement::prefix).collect(Collectors.toSet());
    announced.stream()
        .filter(route -> !prefixes.contains(route.prefix()))
        .forEach(route -> lines.addAll(network(route, "no ")));
    wanted.stream()
        .filter(route -> !announced.contains(route))
        .forEach(route -> lines.addAll(network(route, "")));
    announced = wanted;
    process.run(query(lines.toArray(String[]::new)));
  }

  private static List<String> routeMap(Announcement route) {
    List<String> sets = new ArrayList<>();
    addSets(sets, "community", route.standard());
    addSets(sets, "large-community", route.large());
    addSets(sets, "extcommunity rt", route.targets());
    route.med().ifPresent(med -> sets.add("set metric " + med));
    List<String> lines = new ArrayList<>();
    for (int i = 0; i < sets.size(); i++) {
      lines.addAll(List.of(head(route, i), sets.get(i), "on-match next"));
    }
    lines.addAll(List.of(head(route, sets.size()), "exit"));
    return lines;
  }

  private static String head(Announcement route, int clause) {
    return "route-map " + name(route) + " permit " + (clause + 1);
  }

  /** Some at a time: a line may have 256 words. */
  private static void addSets(List<String> sets, String what, List<String> values) {
    String additive = what.endsWith("community") ? " additive" : "";
    for (int from = 0; from < values.size(); from += WORDS) {
      List<String> some = values.subList(from, Math.min(from + WORDS, values.size()));
      sets.add("set " + what + " " + String.join(" ", some) + additive);
    }
  }

  /** Of a route map; another one for other attributes. */
  private static String name(Announcement route) {
    return "route-" + Integer.toHexString(route.hashCode());
  }

  private static List<String> network(Announcement route, String no) {
    return List.of(
        "address-family " + word(route.prefix().family()) + " unicast",
        no + "network " + route.prefix() + " route-map " + name(route),
        "exit-address-family");
  }

  private static String word(IpFamily family) {
    return family == IpFamily.IPV4 ? "ipv4" : "ipv6";
  }

  @Override
  public boolean isEstablished(InetAddress neighbour) {
    return neighbour(neighbour).get("bgpState").getAsString().equals("Established");
  }

  @Override
  public long updatesReceived(InetAddress neighbour) {
    return neighbour(neighbour).getAsJsonObject("messageStats").get("updatesRecv").getAsLong();
  }

  private JsonObject neighbour(InetAddress address) {
    String text = TestNet.text(address);
    return json("show bgp neighbors " + text + " json").getAsJsonObject(text);
  }

  @Override
  public List<SeenRoute> learned(IpFamily family) {
    JsonObject table = json("show bgp " + word(family) + " unicast json detail");
    List<SeenRoute> routes = new ArrayList<>();
    if (!table.has("routes")) {
      return routes;
    }
    for (Map.Entry<String, JsonElement> entry : table.getAsJsonObject("routes").entrySet()) {
      for (JsonElement element : entry.getValue().getAsJsonArray()) {
        JsonObject path = element.getAsJsonObject();
        if (FrrRoutes.isLearnedAndBest(path)) {
          routes.add(FrrRoutes.route(entry.getKey(), path));
        }
      }
    }
    return routes;
  }

  private JsonObject json(String question) {
    return JsonParser.parseString(process.run(query(question))).getAsJsonObject();
  }

  @Override
  public void refresh(InetAddress neighbour) {
    process.run(query("clear bgp " + TestNet.text(neighbour) + " soft in"));
  }

  @Override
  public boolean hasIpv6OverIpv4() {
    return false;
  }

  @Override
  public String describe(InetAddress neighbour) {
    return process.run(query("show bgp neighbors " + TestNet.text(neighbour)));
  }

  private List<String> query(String... lines) {
    List<String> command = new ArrayList<>(List.of("/usr/bin/vtysh"));
    command.addAll(List.of("--vty_socket", process.directory().toString(), "-d", "bgpd"));
    for (String line : lines) {
      command.addAll(List.of("-c", line));
    }
    return command;
  }

  private String config() {
    StringBuilder text = new StringBuilder("log stdout notifications\n");
    announced.forEach(route -> text.append(String.join("\n", routeMap(route))).append("\n"));
    text.append(
        """
        router bgp %d
         bgp router-id %s
         bgp cluster-id %s
         no bgp ebgp-requires-policy
         no bgp network import-check
         no bgp default ipv4-unicast
         bgp graceful-restart
         bgp graceful-restart preserve-fw-state
         bgp graceful-restart restart-time %d
         timers bgp %d %d
        """
            .formatted(
                settings.asNumber(),
                settings.routerId(),
                settings.routerId(),
                settings.restartSeconds(),
                DaemonSettings.HOLD_SECONDS / 3,
                DaemonSettings.HOLD_SECONDS));
    settings.neighbours().forEach(n -> text.append(session(n)));
    announced.forEach(route -> text.append(String.join("\n", network(route, ""))).append("\n"));
    return text.toString();
  }

  private String session(Neighbour n) {
    String head = "neighbor " + TestNet.text(n.remote());
    List<String> lines = new ArrayList<>();
    lines.add(head + " remote-as " + n.asNumber());
    lines.add(head + " update-source " + TestNet.text(n.local()));
    lines.add(head + " timers connect 1");
    lines.add(head + " advertisement-interval 0");
    n.password().ifPresent(p -> lines.add(head + " password " + p));
    if (n.has(Trait.PASSIVE)) {
      lines.add(head + " passive");
    }
    if (n.has(Trait.TTL_SECURITY)) {
      lines.add(head + " ttl-security hops 1");
    } else if (n.asNumber() != settings.asNumber()) {
      lines.add(head + " ebgp-multihop 255");
    }
    if (n.has(Trait.EXTENDED_NEXT_HOP)) {
      lines.add(head + " capability extended-nexthop");
    }
    for (IpFamily family : n.families()) {
      lines.add("address-family " + word(family) + " unicast");
      lines.add(head + " activate");
      if (n.has(Trait.REFLECTOR_CLIENT)) {
        lines.add(head + " route-reflector-client");
      }
      lines.add("exit-address-family");
    }
    return String.join("\n", lines) + "\n";
  }

  @Override
  public void close() {
    process.kill();
  }
}
