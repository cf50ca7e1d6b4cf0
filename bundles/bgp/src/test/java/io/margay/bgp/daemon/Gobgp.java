// SPDX-License-Identifier: Apache-2.0
package io.margay.bgp.daemon;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.margay.api.net.IpFamily;
import io.margay.bgp.daemon.Neighbour.Trait;
import java.net.InetAddress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** GoBGP 3. It takes a next hop on 127.0.0.0/8 for an error, and never asks for a refresh. */
public final class Gobgp implements BgpDaemon {
  public static final Path PROGRAM = Path.of("/usr/bin/gobgpd");

  private static final int ESTABLISHED = 6;
  private static final String API_PORT = "50051";

  private final DaemonSettings settings;
  private final DaemonProcess process;
  private List<Announcement> announced = List.of();

  public Gobgp(TestNet net, DaemonSettings settings) {
    this.settings = settings;
    this.process = new DaemonProcess(net, "gobgp");
    net.add(settings.number());
  }

  @Override
  public void start() {
    start(List.of());
  }

  @Override
  public void restart() {
    start(List.of("--graceful-restart"));
  }

  private void start(List<String> options) {
    process.write("gobgpd.toml", config());
    List<String> command = new ArrayList<>(List.of(PROGRAM.toString(), "-t", "toml"));
    command.addAll(List.of("-f", process.file("gobgpd.toml").toString()));
    command.addAll(List.of("--api-hosts", settings.routerId() + ":" + API_PORT));
    command.addAll(List.of("--pprof-disable", "--log-plain"));
    command.addAll(options);
    process.start(this::isReady, command);
    announced.forEach(route -> change("add", route));
    // Not before: a restarted one would say that these are all of its routes.
    settings.neighbours().forEach(n -> neighbour(n.remote(), "enable"));
  }

  /** Whether it answers and has read all of its configuration. */
  private boolean isReady() {
    TestNet.Result neighbours = process.attempt(query("neighbor", "-j"));
    return neighbours.exitCode() == 0
        && JsonParser.parseString(neighbours.output()).isJsonArray()
        && JsonParser.parseString(neighbours.output()).getAsJsonArray().size()
            == settings.neighbours().size();
  }

  @Override
  public void kill() {
    process.kill();
  }

  @Override
  public void announce(Announcement... routes) {
    List<Announcement> wanted = List.of(routes);
    List<Announcement> old = announced;
    announced = wanted;
    if (!process.isRunning()) {
      return;
    }
    old.stream().filter(route -> !wanted.contains(route)).forEach(route -> change("del", route));
    wanted.stream().filter(route -> !old.contains(route)).forEach(route -> change("add", route));
  }

  private void change(String verb, Announcement route) {
    boolean isIpv4 = route.prefix().family() == IpFamily.IPV4;
    List<String> words = new ArrayList<>(List.of("global", "rib", verb, route.prefix().toString()));
    words.addAll(List.of("-a", isIpv4 ? "ipv4" : "ipv6"));
    if (verb.equals("add")) {
      words.addAll(List.of("nexthop", TestNet.text(isIpv4 ? nextHop() : settings.ipv6())));
      words.addAll(List.of("origin", "igp"));
      addAll(words, "community", route.standard());
      addAll(words, "large-community", route.large());
      route.targets().forEach(target -> words.addAll(List.of("rt", target)));
      route.med().ifPresent(med -> words.addAll(List.of("med", Long.toString(med))));
    }
    process.run(query(words.toArray(String[]::new)));
  }

  private InetAddress nextHop() {
    boolean isExtended =
        settings.neighbours().stream().anyMatch(n -> n.has(Trait.EXTENDED_NEXT_HOP));
    return isExtended ? settings.ipv6() : settings.ipv4();
  }

  private static void addAll(List<String> words, String name, List<String> communities) {
    if (!communities.isEmpty()) {
      words.addAll(List.of(name, String.join(",", communities)));
    }
  }

  @Override
  public boolean isEstablished(InetAddress neighbour) {
    JsonObject state = state(neighbour);
    return state.has("session_state") && state.get("session_state").getAsInt() == ESTABLISHED;
  }

  @Override
  public long updatesReceived(InetAddress neighbour) {
    JsonObject received = state(neighbour).getAsJsonObject("messages").getAsJsonObject("received");
    return received.has("update") ? received.get("update").getAsLong() : 0;
  }

  private JsonObject state(InetAddress neighbour) {
    String json = process.run(query("neighbor", "-j"));
    for (JsonElement element : JsonParser.parseString(json).getAsJsonArray()) {
      JsonObject state = element.getAsJsonObject().getAsJsonObject("state");
      if (state.get("neighbor_address").getAsString().equals(TestNet.text(neighbour))) {
        return state;
      }
    }
    throw new AssertionError("no neighbour " + neighbour);
  }

  @Override
  public List<SeenRoute> learned(IpFamily family) {
    String name = family == IpFamily.IPV4 ? "ipv4" : "ipv6";
    JsonElement table =
        JsonParser.parseString(process.run(query("global", "rib", "-a", name, "-j")));
    List<SeenRoute> routes = new ArrayList<>();
    for (Map.Entry<String, JsonElement> entry : table.getAsJsonObject().entrySet()) {
      for (JsonElement path : entry.getValue().getAsJsonArray()) {
        JsonObject json = path.getAsJsonObject();
        if (json.has("neighbor-ip") && json.has("best") && json.get("best").getAsBoolean()) {
          routes.add(GobgpRoutes.route(entry.getKey(), json));
        }
      }
    }
    return routes;
  }

  @Override
  public void refresh(InetAddress neighbour) {
    throw new UnsupportedOperationException("GoBGP evaluates again what it keeps");
  }

  @Override
  public boolean hasRefresh() {
    return false;
  }

  @Override
  public boolean hasExtendedMessages() {
    return false;
  }

  @Override
  public String describe(InetAddress neighbour) {
    return process.run(query("neighbor", TestNet.text(neighbour)));
  }

  private void neighbour(InetAddress address, String verb) {
    process.run(query("neighbor", TestNet.text(address), verb));
  }

  private List<String> query(String... words) {
    List<String> command = new ArrayList<>(List.of("/usr/bin/gobgp"));
    command.addAll(List.of("-u", settings.routerId(), "-p", API_PORT));
    command.addAll(List.of(words));
    return command;
  }

  private String config() {
    StringBuilder text = new StringBuilder();
    text.append(
        """
        [global.config]
        as = %d
        router-id = "%s"
        local-address-list = ["%s", "%s"]
        """
            .formatted(
                settings.asNumber(),
                settings.routerId(),
                TestNet.text(settings.ipv4()),
                TestNet.text(settings.ipv6())));
    settings.neighbours().forEach(n -> text.append(session(n)));
    return text.toString();
  }

  private String session(Neighbour n) {
    StringBuilder text = new StringBuilder();
    text.append(
        """
        [[neighbors]]
        [neighbors.config]
        neighbor-address = "%s"
        peer-as = %d
        admin-down = true
        auth-password = "%s"
        [neighbors.transport.config]
        local-address = "%s"
        passive-mode = %b
        [neighbors.timers.config]
        hold-time = %d
        connect-retry = 1
        idle-hold-time-after-reset = 1
        [neighbors.graceful-restart.config]
        enabled = true
        restart-time = %d
        """
            .formatted(
                TestNet.text(n.remote()),
                n.asNumber(),
                n.password().orElse(""),
                TestNet.text(n.local()),
                n.has(Trait.PASSIVE),
                DaemonSettings.HOLD_SECONDS,
                settings.restartSeconds()));
    if (n.has(Trait.TTL_SECURITY)) {
      text.append("[neighbors.ttl-security.config]\nenabled = true\nttl-min = 255\n");
    } else if (n.asNumber() != settings.asNumber()) {
      text.append("[neighbors.ebgp-multihop.config]\nenabled = true\nmultihop-ttl = 255\n");
    }
    if (n.has(Trait.REFLECTOR_CLIENT)) {
      text.append("[neighbors.route-reflector.config]\nroute-reflector-client = true\n");
      text.append("route-reflector-cluster-id = \"%s\"\n".formatted(settings.routerId()));
    }
    for (IpFamily family : n.families()) {
      text.append(
          """
          [[neighbors.afi-safis]]
          [neighbors.afi-safis.config]
          afi-safi-name = "%s"
          [neighbors.afi-safis.mp-graceful-restart.config]
          enabled = true
          """
              .formatted(family == IpFamily.IPV4 ? "ipv4-unicast" : "ipv6-unicast"));
    }
    return text.toString();
  }

  @Override
  public void close() {
    process.kill();
  }
}
