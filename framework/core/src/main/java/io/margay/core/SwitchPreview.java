// SPDX-License-Identifier: Apache-2.0
package io.margay.core;

import io.margay.api.dataplane.Change;
import io.margay.api.dataplane.Dataplane;
import io.margay.api.dataplane.DataplaneException;
import io.margay.api.dataplane.DesiredState;
import io.margay.api.dataplane.KernelObject;
import io.margay.api.dataplane.Owner;
import io.margay.api.mode.Destination;
import io.margay.api.mode.Info;
import io.margay.api.mode.Plan;
import io.margay.api.mode.RoutingMode;
import io.margay.core.plan.CoreModeView;
import io.margay.core.plan.HostObjects;
import io.margay.core.plan.LocalNodes;
import io.margay.core.plan.Peers;
import io.margay.core.plan.PlanCheck;
import io.margay.core.plan.SupposedCluster;
import io.margay.core.plan.SupposedSwitch;
import io.margay.core.plan.Underlay;
import io.margay.core.plan.Wanted;
import io.margay.core.query.QueryResponder;
import io.margay.core.switching.PlannedSwitch;
import io.margay.core.view.ClusterView;
import io.margay.core.view.Mirror;
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
  private final Sharing sharing;
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
      Sharing sharing,
      IntSupplier podMtuBytes,
      Supplier<Optional<Dataplane>> dataplane) {
    this.io = io;
    this.mirror = mirror;
    this.modes = modes;
    this.declarations = declarations;
    this.underlayReader = underlayReader;
    this.switching = switching;
    this.checksums = checksums;
    this.sharing = sharing;
    this.podMtuBytes = podMtuBytes;
    this.dataplane = dataplane;
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
    SupposedSwitch asked = suppose(pool, mode, planner.info());
    List<String> blockers = asked.blockers();
    if (!blockers.isEmpty()) {
      return CompletableFuture.completedFuture(blocked(blockers).toMap());
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

  private SupposedSwitch suppose(String pool, PoolMode mode, Info info) {
    ClusterView now = mirror.view();
    SupposedCluster supposed = SupposedCluster.of(now, pool, mode, info);
    Underlay underlay = underlayReader.latest().orElseThrow();
    Set<String> standing = new TreeSet<>();
    for (ModePlanner planner : modes.all()) {
      DesiredState its = declarations.desired().get(Owner.mode(planner.name()));
      if (its != null && !its.isEmpty()) {
        standing.add(planner.name());
      }
    }
    return new SupposedSwitch(
        now,
        supposed,
        pool,
        mode,
        info,
        underlay,
        underlayReader.facts(),
        Wanted.of(
            supposed.view(),
            switching.inUse(),
            m -> modes.active(m).isPresent(),
            sharing.suppose(supposed.view(), underlay).claims()),
        LocalNodes.of(supposed.view().own().orElseThrow(), underlay, mode.name()),
        standing,
        podMtuBytes.getAsInt());
  }

  private CompletionStage<Plan> plan(SupposedSwitch asked, ModePlanner planner) {
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
  private CompletionStage<PlannedSwitch> preview(SupposedSwitch asked, Plan plan) {
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
            result.complete(asked.planned(plan, changes, UdpPorts.inUse()));
          } catch (DataplaneException | IOException e) {
            result.completeExceptionally(e);
          }
        });
    return result;
  }

  private DesiredState host(SupposedSwitch asked, Plan plan) {
    List<Plan> plans = new ArrayList<>(List.of(plan));
    for (String other : asked.wanted().byMode().keySet()) {
      if (!other.equals(asked.mode().name())) {
        modes.active(other).flatMap(ModePlanner::lastGood).ifPresent(g -> plans.add(g.plan()));
      }
    }
    return HostObjects.of(asked.supposed().view(), asked.self(), asked.underlay(), plans);
  }

  /** The routes of the pool; one that the mode cannot plan stays as it is. */
  private DesiredState routes(SupposedSwitch asked, Plan plan) {
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
}
