// SPDX-License-Identifier: Apache-2.0
package io.margay.core;

import io.margay.api.dataplane.Change;
import io.margay.api.dataplane.Dataplane;
import io.margay.api.dataplane.DataplaneException;
import io.margay.api.dataplane.DesiredState;
import io.margay.api.dataplane.KernelObject;
import io.margay.api.dataplane.Link;
import io.margay.api.dataplane.Owner;
import io.margay.api.mode.Destination;
import io.margay.api.mode.HostTraffic;
import io.margay.api.mode.Info;
import io.margay.api.mode.LocalNode;
import io.margay.api.mode.Plan;
import io.margay.api.mode.RoutingMode;
import io.margay.api.net.IpFamily;
import io.margay.core.plan.CoreModeView;
import io.margay.core.plan.HostObjects;
import io.margay.core.plan.LocalNodes;
import io.margay.core.plan.Peers;
import io.margay.core.plan.PlanCheck;
import io.margay.core.plan.SupposedCluster;
import io.margay.core.plan.TunnelAddresses;
import io.margay.core.plan.TunnelWish;
import io.margay.core.plan.Underlay;
import io.margay.core.plan.Wanted;
import io.margay.core.query.QueryResponder;
import io.margay.core.switching.PlannedSwitch;
import io.margay.core.view.ClusterView;
import io.margay.core.view.Mirror;
import io.margay.core.view.PoolEntry;
import io.margay.core.view.PoolMode;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.function.IntSupplier;
import java.util.function.Supplier;

/**
 * Answers {@link PlannedSwitch#VERB}: what a change of a pool's mode would do on this node. Writes
 * nothing. Confined to the agent thread; modes are asked on their own threads, the kernel on the
 * I/O thread.
 */
final class SwitchPreview implements QueryResponder.Verb {
  private final Executor io;
  private final Mirror mirror;
  private final Modes modes;
  private final Declarations declarations;
  private final UnderlayReader underlayReader;
  private final Switching switching;
  private final ChecksumTests checksums;
  private final IntSupplier podMtuBytes;
  private final Supplier<Optional<Dataplane>> dataplane;

  /**
   * A preview.
   *
   * @param io runs what blocks
   * @param podMtuBytes MTU of pods now
   * @param dataplane the one in use; asked on the agent thread
   */
  SwitchPreview(
      Executor io,
      Mirror mirror,
      Modes modes,
      Declarations declarations,
      UnderlayReader underlayReader,
      Switching switching,
      ChecksumTests checksums,
      IntSupplier podMtuBytes,
      Supplier<Optional<Dataplane>> dataplane) {
    this.io = io;
    this.mirror = mirror;
    this.modes = modes;
    this.declarations = declarations;
    this.underlayReader = underlayReader;
    this.switching = switching;
    this.checksums = checksums;
    this.podMtuBytes = podMtuBytes;
    this.dataplane = dataplane;
  }

  /** What is known before the mode plans. */
  private record Case(
      String pool,
      PoolMode mode,
      Info info,
      SupposedCluster supposed,
      Underlay underlay,
      Wanted wanted,
      LocalNode self,
      int podMtuBytes,
      List<String> blockers,
      List<String> notes) {
    IpFamily family() {
      return supposed.view().pools().get(pool).cidr().family();
    }

    int fitsBytes() {
      return self.uplinkMtuBytes() - info.overheadBytes(family());
    }
  }

  @Override
  public String name() {
    return PlannedSwitch.VERB;
  }

  @Override
  public CompletionStage<Map<String, Object>> answer(Map<String, String> arguments) {
    String pool = arguments.getOrDefault("pool", "");
    PoolMode mode;
    try {
      mode = PoolMode.parse(arguments.getOrDefault("mode", ""));
    } catch (IllegalArgumentException e) {
      return CompletableFuture.failedFuture(e);
    }
    Optional<String> whyNot = whyNot(pool);
    if (whyNot.isPresent()) {
      return CompletableFuture.failedFuture(new IllegalStateException(whyNot.get()));
    }
    ModePlanner planner = modes.active(mode.name()).orElse(null);
    if (planner == null) {
      String blocker = "no bundle provides the mode " + mode.name();
      return CompletableFuture.completedFuture(blocked(List.of(blocker)).toMap());
    }
    Case asked = asked(pool, mode, planner.mode().info());
    if (!asked.blockers().isEmpty()) {
      return CompletableFuture.completedFuture(blocked(asked.blockers()).toMap());
    }
    return plan(asked, planner).thenCompose(p -> preview(asked, p)).thenApply(PlannedSwitch::toMap);
  }

  private Optional<String> whyNot(String pool) {
    boolean isReady =
        mirror.isInSync()
            && underlayReader.latest().isPresent()
            && mirror.view().own().isPresent()
            && dataplane.get().isPresent();
    if (!isReady) {
      return Optional.of("its agent has not read the store and the kernel yet");
    }
    return mirror.view().pools().containsKey(pool)
        ? Optional.empty()
        : Optional.of("its agent knows no pool " + pool);
  }

  private PlannedSwitch blocked(List<String> blockers) {
    return new PlannedSwitch(0, podMtuBytes.getAsInt(), 0, List.of(), blockers, List.of());
  }

  private Case asked(String pool, PoolMode mode, Info info) {
    ClusterView now = mirror.view();
    SupposedCluster supposed = SupposedCluster.of(now, pool, mode, info);
    Underlay underlay = underlayReader.latest().orElseThrow();
    Case asked =
        new Case(
            pool,
            mode,
            info,
            supposed,
            underlay,
            Wanted.of(supposed.view(), switching.inUse(), m -> modes.active(m).isPresent()),
            LocalNodes.of(supposed.view().own().orElseThrow(), underlay),
            podMtuBytes.getAsInt(),
            new ArrayList<>(),
            new ArrayList<>());
    if (!info.families().contains(asked.family())) {
      asked.blockers().add(mode.name() + " carries no " + asked.family());
    }
    Set<String> missing = new TreeSet<>(info.linkTypes());
    missing.removeAll(underlayReader.facts().linkTypes());
    if (!missing.isEmpty()) {
      String types = String.join(", ", missing);
      String release = underlayReader.facts().release();
      asked.blockers().add("the kernel (" + release + ") can make no links of type " + types);
    }
    if (asked.fitsBytes() < asked.podMtuBytes()) {
      asked
          .blockers()
          .add(
              "pods have an MTU of %d, %s carries %d: allow the mode by margay.io/allowed-modes"
                      .formatted(asked.podMtuBytes(), mode.name(), asked.fitsBytes())
                  + " of FelixConfiguration, and make the pods anew");
    }
    tunnelAddress(asked, now);
    leaving(asked, now.pools().get(pool));
    return asked;
  }

  /** Whether this node has what the mode's tunnel needs, or where it will come from. */
  private static void tunnelAddress(Case asked, ClusterView now) {
    ClusterView view = asked.supposed().view();
    List<TunnelWish> wishes =
        TunnelAddresses.of(view, List.of(asked.info()), asked.wanted().byMode());
    for (TunnelWish wish : wishes) {
      boolean has = now.own().orElseThrow().tunnelAddresses().containsKey(wish.key());
      boolean isParked = now.own().orElseThrow().parked().containsKey(wish.key());
      if (has || isParked || wish.family() != asked.family()) {
        continue;
      }
      String pools = String.join(" or ", wish.pools());
      if (wish.pools().isEmpty()) {
        asked
            .blockers()
            .add("no tunnel address can be had: no pool of the mode is for tunnels of this node");
      } else if (!wish.available()) {
        asked.blockers().add("no tunnel address can be had: pool " + pools + " is disabled");
      } else {
        asked.notes().add("a tunnel address will be taken from pool " + pools + " first");
      }
    }
  }

  private void leaving(Case asked, PoolEntry now) {
    String left = now.mode().name();
    boolean isLeft =
        !left.equals(asked.mode().name())
            && declarations.desired().containsKey(Owner.mode(left))
            && !declarations.desired().get(Owner.mode(left)).isEmpty()
            && asked.supposed().view().pools().values().stream()
                .noneMatch(p -> p.mode().name().equals(left));
    if (isLeft) {
      asked.notes().add("what " + left + " has standing goes once no node sends by it");
    }
  }

  private CompletionStage<Plan> plan(Case asked, ModePlanner planner) {
    ClusterView view = asked.supposed().view();
    String mode = asked.mode().name();
    List<Destination> destinations = new ArrayList<>(asked.wanted().destinations(mode));
    CoreModeView modeView =
        new CoreModeView(
            asked.self(),
            underlayReader.facts(),
            checksums.settings(mode, view.settings()),
            Peers.of(view, asked.underlay(), mode),
            destinations,
            switching.receiving(mode));
    return planner.ask(service -> plan(modeView, service));
  }

  private static Plan plan(CoreModeView view, RoutingMode mode) {
    CoreModeView whole =
        new CoreModeView(
            view.self(),
            view.kernel(),
            view.settings(),
            SupposedCluster.advertising(view.peers(), mode),
            view.destinations(),
            view.receiving());
    Plan plan = mode.plan(whole);
    PlanCheck.check(whole, plan);
    return plan;
  }

  /** On the agent thread, when the mode has planned. */
  private CompletionStage<PlannedSwitch> preview(Case asked, Plan plan) {
    Optional<Dataplane> target = dataplane.get();
    if (target.isEmpty()) {
      return CompletableFuture.failedFuture(new IllegalStateException("no dataplane"));
    }
    Map<Owner, DesiredState> wanted = new LinkedHashMap<>();
    wanted.put(Owner.HOST, host(asked, plan));
    wanted.put(Owner.mode(asked.mode().name()), DesiredState.of(plan.standing()));
    wanted.put(Owner.pool(asked.pool()), routes(asked, plan));
    CompletableFuture<PlannedSwitch> result = new CompletableFuture<>();
    io.execute(
        () -> {
          try {
            List<Change> changes = new ArrayList<>();
            for (Map.Entry<Owner, DesiredState> entry : wanted.entrySet()) {
              changes.addAll(target.get().preview(entry.getKey(), entry.getValue()));
            }
            result.complete(planned(asked, plan, changes, UdpPorts.inUse()));
          } catch (DataplaneException | IOException e) {
            result.completeExceptionally(e);
          }
        });
    return result;
  }

  private DesiredState host(Case asked, Plan plan) {
    List<Plan> plans = new ArrayList<>(List.of(plan));
    for (String other : asked.wanted().byMode().keySet()) {
      if (!other.equals(asked.mode().name())) {
        modes.active(other).flatMap(ModePlanner::lastGood).ifPresent(g -> plans.add(g.plan()));
      }
    }
    return HostObjects.of(asked.supposed().view(), asked.self(), asked.underlay(), plans);
  }

  /** The routes of the pool; one that the mode cannot plan stays as it is. */
  private DesiredState routes(Case asked, Plan plan) {
    Map<Object, KernelObject> routes =
        new LinkedHashMap<>(
            declarations
                .desired()
                .getOrDefault(Owner.pool(asked.pool()), DesiredState.EMPTY)
                .byKey());
    for (Destination destination : asked.wanted().destinationsOf(asked.pool())) {
      Optional.ofNullable(plan.sendings().get(destination.cidr()))
          .ifPresent(s -> routes.put(s.route().key(), s.route()));
    }
    return DesiredState.of(routes.values());
  }

  private static PlannedSwitch planned(
      Case asked, Plan plan, List<Change> changes, Set<Integer> portsInUse) {
    List<String> blockers = takenPorts(asked, plan, changes, portsInUse);
    for (Destination destination : asked.wanted().destinationsOf(asked.pool())) {
      Optional.ofNullable(plan.unreachable().get(destination.cidr()))
          .ifPresent(why -> blockers.add(destination.cidr() + ": " + why));
    }
    for (Change change : changes) {
      if (change.action() == Change.Action.CONFLICT) {
        blockers.add("somebody else's " + change.before().orElse("") + " is in the way");
      }
    }
    if (plan.receives().isEmpty() && blockers.isEmpty()) {
      blockers.add(asked.mode().name() + " would receive nothing here");
    }
    long routes =
        changes.stream()
            .flatMap(c -> c.after().stream())
            .filter(o -> o.kind() == KernelObject.Kind.ROUTE)
            .count();
    return new PlannedSwitch(
        (int) routes,
        asked.podMtuBytes(),
        asked.fitsBytes(),
        changes.stream().map(c -> asked.supposed().text(c.toString())).toList(),
        blockers.stream().map(asked.supposed()::text).toList(),
        asked.notes());
  }

  /** Of a tunnel that is to be made; those that are there share their port with others alike. */
  private static List<String> takenPorts(
      Case asked, Plan plan, List<Change> changes, Set<Integer> portsInUse) {
    Set<String> made = new TreeSet<>();
    for (Change change : changes) {
      if (change.action() == Change.Action.ADD && change.after().get() instanceof Link link) {
        link.type().ifPresent(made::add);
      }
    }
    boolean isFirst =
        !made.isEmpty()
            && asked.underlay().links().stream().noneMatch(l -> made.contains(l.type()));
    List<String> taken = new ArrayList<>();
    for (HostTraffic traffic : plan.hostTraffic()) {
      if (isFirst && portsInUse.contains(traffic.udpPort())) {
        taken.add("UDP port " + traffic.udpPort() + " is in use by another socket of the node");
      }
    }
    return taken;
  }
}
