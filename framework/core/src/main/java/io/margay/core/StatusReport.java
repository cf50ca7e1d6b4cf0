// SPDX-License-Identifier: Apache-2.0
package io.margay.core;

import io.margay.api.health.Health;
import io.margay.api.mode.Destination;
import io.margay.api.net.Cidr;
import io.margay.api.resource.FelixConfiguration;
import io.margay.core.plan.LocalNodes;
import io.margay.core.plan.PodMtu;
import io.margay.core.plan.Wanted;
import io.margay.core.view.ClusterView;
import io.margay.core.view.Mirror;
import io.margay.core.view.NodeEntry;
import io.margay.core.view.PoolEntry;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** Puts the agent's state into words. Used on the agent thread; reads, changes nothing. */
final class StatusReport {
  /** Fields of FelixConfiguration that core or a mode acts on. */
  private static final Set<String> APPLIED =
      Set.of(
          "featureDetectOverride",
          "interfacePrefix",
          "ipForwarding",
          "ipipMTU",
          "natOutgoingAddress",
          "natOutgoingExclusions",
          "natPortRange",
          "vxlanMTU",
          "vxlanMTUV6",
          "vxlanPort",
          "vxlanVNI",
          "workloadSourceSpoofing");

  private final String node;
  private final Mirror mirror;
  private final Modes modes;
  private final Wanted wanted;
  private final Registrar registrar;
  private final TunnelKeeper tunnels;
  private final ChecksumTests checksums;
  private final Sharing sharing;
  private final Advertiser advertiser;
  private final PodResizer resizer;
  private final UnderlayReader underlayReader;
  private final Declarations declarations;
  private final SwitchTimes switches;
  private final ClusterView view;

  StatusReport(
      String node,
      Mirror mirror,
      Modes modes,
      Wanted wanted,
      Registrar registrar,
      TunnelKeeper tunnels,
      ChecksumTests checksums,
      Sharing sharing,
      Advertiser advertiser,
      PodResizer resizer,
      UnderlayReader underlayReader,
      Declarations declarations,
      SwitchTimes switches) {
    this.node = node;
    this.mirror = mirror;
    this.modes = modes;
    this.wanted = wanted;
    this.registrar = registrar;
    this.tunnels = tunnels;
    this.checksums = checksums;
    this.sharing = sharing;
    this.advertiser = advertiser;
    this.resizer = resizer;
    this.underlayReader = underlayReader;
    this.declarations = declarations;
    this.switches = switches;
    this.view = mirror.view();
  }

  AgentStatus status(boolean hasStore, boolean hasDataplane, boolean isReady) {
    Health known = known(hasStore);
    Health underlay = underlay(hasDataplane);
    Health self = self();
    Health pools = pools();
    Optional<String> notReady =
        List.of(known, underlay, self, pools).stream()
            .filter(h -> h.status() == Health.Status.DOWN)
            .map(Health::detail)
            .findFirst()
            .or(() -> isReady ? Optional.empty() : Optional.of("the agent is starting"));
    Optional<String> podsAtRisk = podsAtRisk(underlay, hasStore && isReady);
    List<Health> health = new ArrayList<>(List.of(known, underlay, self, pools));
    health.add(modes());
    health.add(tunnels());
    health.add(pods());
    if (sharing.isUsed()) {
      health.add(sharing());
    }
    health.add(documents());
    health.add(settings());
    if (!isReady) {
      health.add(Health.degraded("agent", "starting"));
    }
    FelixConfiguration configuration = mirror.configuration();
    return new AgentStatus(
        notReady,
        podsAtRisk,
        podMtuBytes(configuration),
        configuration.interfacePrefix(),
        health,
        gauges());
  }

  /**
   * Without a dataplane nobody repairs what others break; without its Node, the other nodes take
   * their routes back. A view that is lost or not complete yet changes nothing for who runs.
   */
  private Optional<String> podsAtRisk(Health underlay, boolean isViewKnown) {
    if (underlay.status() == Health.Status.DOWN) {
      return Optional.of(underlay.detail());
    }
    boolean isForgotten = isViewKnown && mirror.isInSync() && view.own().isEmpty();
    return isForgotten ? Optional.of(self().detail()) : Optional.empty();
  }

  private Health known(boolean isPresent) {
    if (!isPresent) {
      return Health.down("view", "no bundle provides the store");
    }
    if (mirror.lost().isPresent()) {
      return Health.down(
          "view", "cannot be read: " + mirror.lost().get() + "; what is known stays in force");
    }
    if (!mirror.isInSync()) {
      return Health.down("view", "is being read for the first time");
    }
    return mirror.isDatastoreReady()
        ? Health.ok("view")
        : Health.down("view", "ClusterInformation says datastoreReady: false");
  }

  private Health underlay(boolean isPresent) {
    if (!isPresent) {
      return Health.down("underlay", "no bundle provides the dataplane");
    }
    return underlayReader
        .fault()
        .or(declarations::fault)
        .map(why -> Health.down("underlay", "the kernel cannot be read: " + why))
        .orElse(Health.ok("underlay"));
  }

  private Health self() {
    if (registrar.fault().isPresent()) {
      return Health.down("node", registrar.fault().get());
    }
    if (!registrar.isDone()) {
      return Health.down("node", "not registered yet");
    }
    Optional<NodeEntry> own = view.own();
    if (own.isEmpty()) {
      return Health.down(
          "node", "Node/" + node + " is not in the store; restart the agent to register it again");
    }
    List<String> missing =
        underlayReader.latest().map(u -> Registrar.missing(own.get(), u)).orElse(List.of());
    return missing.isEmpty()
        ? Health.ok("node")
        : Health.degraded(
            "node", "on no interface: " + String.join(", ", missing) + " of Node/" + node);
  }

  private Health pools() {
    List<String> down = new ArrayList<>();
    List<String> degraded = new ArrayList<>();
    wanted
        .frozen()
        .forEach(
            (pool, mode) -> {
              PoolEntry entry = view.pools().get(pool);
              boolean isEnabled = entry != null && entry.enabled();
              (isEnabled ? down : degraded)
                  .add("pool " + pool + " stays as it is: no bundle provides its mode " + mode);
            });
    if (!wanted.orphans().isEmpty()) {
      degraded.add("in no pool, the routes stay: " + texts(wanted.orphans()));
    }
    Map<Cidr, String> unreachable = unreachable();
    if (!unreachable.isEmpty()) {
      Map.Entry<Cidr, String> first = unreachable.entrySet().iterator().next();
      degraded.add(
          unreachable.size()
              + " destinations cannot be reached, such as "
              + first.getKey()
              + ": "
              + first.getValue());
    }
    if (!down.isEmpty()) {
      down.addAll(degraded);
      return Health.down("pools", String.join("; ", down));
    }
    return degraded.isEmpty()
        ? Health.ok("pools")
        : Health.degraded("pools", String.join("; ", degraded));
  }

  private Health modes() {
    List<String> faults =
        modes.all().stream()
            .flatMap(p -> p.fault().stream().map(f -> "mode " + p.name() + ": " + f))
            .toList();
    if (!faults.isEmpty()) {
      return Health.degraded("modes", String.join("; ", faults) + "; the last good plan stays");
    }
    List<String> daemons =
        wanted.byMode().keySet().stream()
            .flatMap(mode -> modes.active(mode).stream())
            .flatMap(p -> p.daemonFault().stream().map(f -> "mode " + p.name() + ": " + f))
            .toList();
    if (!daemons.isEmpty()) {
      return Health.degraded("modes", String.join("; ", daemons) + "; its routes stay as they are");
    }
    String standby =
        modes.standby().stream()
            .map(p -> p.name() + " of " + p.provider().name())
            .collect(Collectors.joining(", "));
    return new Health(
        "modes", Health.Status.OK, standby.isEmpty() ? "" : "standing by: " + standby);
  }

  private Health tunnels() {
    List<String> faults = new ArrayList<>(tunnels.faults());
    faults.addAll(advertiser.faults());
    return faults.isEmpty()
        ? new Health("tunnels", Health.Status.OK, String.join("; ", checksums.findings()))
        : Health.degraded("tunnels", String.join("; ", faults));
  }

  private Health pods() {
    List<String> faults = resizer.faults();
    return faults.isEmpty()
        ? Health.ok("pods")
        : Health.degraded("pods", faults.size() + " keep their MTU, such as " + faults.get(0));
  }

  private Health sharing() {
    List<String> faults = new ArrayList<>(sharing.faults());
    if (!sharing.awaited().isEmpty()) {
      faults.add(
          "not in sync: "
              + String.join(", ", sharing.awaited())
              + "; what was learned before stays in force");
    }
    return faults.isEmpty()
        ? Health.ok("sharing")
        : Health.degraded("sharing", String.join("; ", faults));
  }

  private Health documents() {
    Map<String, String> faults = mirror.faults();
    return faults.isEmpty()
        ? Health.ok("documents")
        : Health.degraded(
            "documents", "the last good ones stay in force; " + String.join("; ", faults.values()));
  }

  private Health settings() {
    Set<String> ignored = notHonoured(mirror.configuration());
    return new Health(
        "settings",
        Health.Status.OK,
        ignored.isEmpty() ? "" : "FelixConfiguration, not honoured: " + String.join(", ", ignored));
  }

  /** Fields of FelixConfiguration that are set and have no effect. */
  static Set<String> notHonoured(FelixConfiguration configuration) {
    Set<String> ignored = new TreeSet<>(configuration.notHonoured());
    ignored.addAll(configuration.settings().keySet());
    ignored.removeAll(APPLIED);
    return ignored;
  }

  /** By the mode that a pool asks for: what those that it leaves cannot reach is no fault. */
  private Map<Cidr, String> unreachable() {
    Map<Cidr, String> unreachable = new TreeMap<>();
    for (PoolEntry pool : view.pools().values()) {
      modes
          .active(pool.mode().name())
          .flatMap(ModePlanner::lastGood)
          .map(good -> good.plan().unreachable())
          .filter(all -> !all.isEmpty())
          .ifPresent(
              all ->
                  wanted.destinationsOf(pool.name()).stream()
                      .map(Destination::cidr)
                      .filter(all::containsKey)
                      .forEach(cidr -> unreachable.put(cidr, all.get(cidr))));
    }
    return unreachable;
  }

  private int podMtuBytes(FelixConfiguration configuration) {
    return PodMtu.of(view, underlayReader.latest(), configuration, modes.infos())
        .orElseGet(
            () -> PodMtu.bytes(LocalNodes.DEFAULT_MTU_BYTES, view, configuration, modes.infos()));
  }

  private List<Gauge> gauges() {
    List<Gauge> gauges = new ArrayList<>();
    gauges.add(new Gauge("margay_nodes", view.nodes().size()));
    gauges.add(new Gauge("margay_pools", view.pools().size()));
    gauges.add(new Gauge("margay_blocks", view.blocks().size()));
    gauges.add(new Gauge("margay_local_endpoints", mirror.endpoints().current().size()));
    gauges.add(new Gauge("margay_learned_routes", sharing.routeCount()));
    gauges.add(new Gauge("margay_unreachable_destinations", unreachable().size()));
    gauges.addAll(switches.gauges());
    return gauges;
  }

  private static String texts(List<Cidr> cidrs) {
    return cidrs.stream().map(Cidr::toString).collect(Collectors.joining(", "));
  }
}
