// SPDX-License-Identifier: Apache-2.0
package io.margay.bgp.daemon;

import io.margay.api.net.IpFamily;
import io.margay.bgp.daemon.Neighbour.Trait;
import java.net.InetAddress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** BIRD 2. It writes no kernel routes. */
public final class Bird implements BgpDaemon {
  public static final Path PROGRAM = Path.of("/usr/sbin/bird");

  private final DaemonSettings settings;
  private final DaemonProcess process;
  private List<Announcement> announced = List.of();

  public Bird(TestNet net, DaemonSettings settings) {
    this.settings = settings;
    this.process = new DaemonProcess(net, "bird");
    net.add(settings.number());
  }

  @Override
  public void start() {
    start(List.of());
  }

  @Override
  public void restart() {
    start(List.of("-R"));
  }

  private void start(List<String> options) {
    process.write("bird.conf", config());
    List<String> command = new ArrayList<>(List.of(PROGRAM.toString(), "-f"));
    command.addAll(List.of("-c", process.file("bird.conf").toString()));
    command.addAll(List.of("-s", socket(), "-P", process.file("bird.pid").toString()));
    command.addAll(options);
    process.start(() -> process.attempt(query("show", "status")).exitCode() == 0, command);
  }

  @Override
  public void kill() {
    process.kill();
  }

  /** Lets it do nothing, its connections open. */
  public void pause() {
    process.signal("STOP");
  }

  /** Lets it go on after {@link #pause}. */
  public void resume() {
    process.signal("CONT");
  }

  @Override
  public void announce(Announcement... routes) {
    announced = List.of(routes);
    if (!process.isRunning()) {
      return;
    }
    process.write("bird.conf", config());
    String answer = process.run(query("configure"));
    if (!answer.contains("Reconfig")) {
      throw new AssertionError(answer);
    }
  }

  @Override
  public boolean isEstablished(InetAddress neighbour) {
    return process
        .run(query("show", "protocols", protocol(neighbour)))
        .lines()
        .anyMatch(line -> line.strip().endsWith("Established"));
  }

  @Override
  public List<SeenRoute> learned(IpFamily family) {
    String table = family == IpFamily.IPV4 ? "master4" : "master6";
    String routes =
        process.run(
            query("show", "route", "table", table, "primary", "all", "where source = RTS_BGP"));
    return BirdRoutes.parse(routes, restarting());
  }

  /** The sessions whose neighbour restarts: the routes themselves do not show it. */
  private Set<String> restarting() {
    Set<String> names = new HashSet<>();
    for (Neighbour n : settings.neighbours()) {
      if (describe(n.remote()).contains("Neighbor graceful restart active")) {
        names.add(protocol(n.remote()));
      }
    }
    return names;
  }

  @Override
  public void refresh(InetAddress neighbour) {
    process.run(query("reload", "in", protocol(neighbour)));
  }

  @Override
  public long updatesReceived(InetAddress neighbour) {
    return describe(neighbour)
        .lines()
        .map(String::strip)
        .filter(line -> line.startsWith("Import updates:"))
        .mapToLong(line -> Long.parseLong(line.split("\\s+")[2]))
        .sum();
  }

  @Override
  public String describe(InetAddress neighbour) {
    return process.run(query("show", "protocols", "all", protocol(neighbour)));
  }

  private String socket() {
    return process.file("bird.ctl").toString();
  }

  private List<String> query(String... words) {
    List<String> command = new ArrayList<>(List.of("/usr/sbin/birdc", "-s", socket()));
    command.addAll(List.of(words));
    return command;
  }

  private String protocol(InetAddress neighbour) {
    for (int i = 0; i < settings.neighbours().size(); i++) {
      if (settings.neighbours().get(i).remote().equals(neighbour)) {
        return "n" + i;
      }
    }
    throw new AssertionError("no neighbour " + neighbour);
  }

  private String config() {
    StringBuilder text = new StringBuilder();
    text.append(
        """
        router id %s;
        log stderr all;
        protocol device { }
        protocol direct { ipv4; ipv6; interface "lo"; }
        protocol static { ipv4;
        %s}
        protocol static { ipv6;
        %s}
        filter outgoing {
        %s  if source ~ [RTS_STATIC, RTS_BGP] then accept; else reject;
        }
        """
            .formatted(
                settings.routerId(), statics(IpFamily.IPV4), statics(IpFamily.IPV6), meds()));
    for (int i = 0; i < settings.neighbours().size(); i++) {
      text.append("protocol bgp n%d {\n%s}\n".formatted(i, session(settings.neighbours().get(i))));
    }
    return text.toString();
  }

  private String statics(IpFamily family) {
    StringBuilder text = new StringBuilder();
    for (Announcement route : announced) {
      if (route.prefix().family() == family) {
        text.append("  route ").append(route.prefix()).append(" blackhole {");
        route.standard().forEach(c -> text.append(adding("community", "", c)));
        route.large().forEach(c -> text.append(adding("large_community", "", c)));
        route.targets().forEach(c -> text.append(adding("ext_community", "rt, ", c)));
        text.append(" };\n");
      }
    }
    return text.toString();
  }

  /** It sends a MED to another AS only when the filter of the session sets it. */
  private String meds() {
    StringBuilder text = new StringBuilder();
    for (Announcement route : announced) {
      route
          .med()
          .ifPresent(
              med ->
                  text.append("  if net = %s then bgp_med = %d;\n".formatted(route.prefix(), med)));
    }
    return text.toString();
  }

  private static String adding(String kind, String prefix, String community) {
    return " bgp_%s.add((%s%s));".formatted(kind, prefix, community.replace(":", ", "));
  }

  private String session(Neighbour n) {
    StringBuilder text = new StringBuilder();
    text.append(
        """
          local %s as %d;
          neighbor %s as %d;
          strict bind yes;
          hold time %d;
          connect delay time 1;
          connect retry time 2;
          error wait time 1, 4;
          enable extended messages yes;
          graceful restart yes;
          graceful restart time %d;
        """
            .formatted(
                TestNet.text(n.local()),
                settings.asNumber(),
                TestNet.text(n.remote()),
                n.asNumber(),
                DaemonSettings.HOLD_SECONDS,
                settings.restartSeconds()));
    boolean isNear = n.has(Trait.TTL_SECURITY);
    text.append(isNear ? "  multihop 1;\n  ttl security yes;\n" : "  multihop;\n");
    n.password().ifPresent(p -> text.append("  password \"%s\";\n".formatted(p)));
    if (n.has(Trait.TWO_OCTET_AS)) {
      text.append("  enable as4 no;\n");
    }
    if (n.has(Trait.PASSIVE)) {
      text.append("  passive yes;\n");
    }
    if (n.has(Trait.REFLECTOR_CLIENT)) {
      text.append("  rr client;\n  rr cluster id %s;\n".formatted(settings.routerId()));
    }
    for (IpFamily family : n.families()) {
      text.append(channel(n, family));
    }
    return text.toString();
  }

  private String channel(Neighbour n, IpFamily family) {
    boolean isIpv6 = family == IpFamily.IPV6 || n.has(Trait.EXTENDED_NEXT_HOP);
    return "  %s { import all; export filter outgoing; next hop address %s;%s };\n"
        .formatted(
            family == IpFamily.IPV4 ? "ipv4" : "ipv6",
            TestNet.text(isIpv6 ? settings.ipv6() : settings.ipv4()),
            n.has(Trait.EXTENDED_NEXT_HOP) ? " extended next hop yes;" : "");
  }

  @Override
  public void close() {
    process.kill();
  }
}
