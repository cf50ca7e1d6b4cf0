// SPDX-License-Identifier: Apache-2.0
package io.margay.core;

import io.margay.api.dataplane.Dataplane;
import io.margay.api.mode.Destination;
import io.margay.api.mode.Wire;
import io.margay.api.resource.NodeModeStatus;
import io.margay.api.resource.NodeModeStatus.Pool;
import io.margay.api.resource.NodeModeStatus.Wait;
import io.margay.api.store.Store;
import io.margay.core.plan.Wanted;
import io.margay.core.switching.PoolSituation;
import io.margay.core.view.ClusterView;
import io.margay.core.view.Mirror;
import io.margay.core.view.PoolEntry;
import io.margay.core.view.Revisions;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.Executor;
import java.util.function.BiConsumer;
import java.util.function.IntSupplier;
import java.util.stream.Collectors;

/**
 * Has the pools' modes changed together with the other nodes: asks {@link
 * io.margay.core.switching.PoolSwitch} what to do, declares it, and says what this node does.
 * Confined to the agent thread.
 */
final class Switching {
  private final String self;
  private final AgentThread agent;
  private final Mirror mirror;
  private final Modes modes;
  private final Declarations declarations;
  private final Standings standings;
  private final UnderlayReader underlayReader;
  private final IntSupplier podMtuBytes;
  private final Runnable onChange;
  private final BiConsumer<String, String> onLost;
  private final StatusWriter writer;
  private final Map<String, PoolRun> runs = new TreeMap<>();
  private Dataplane dataplane;
  private boolean isPlanDue;

  /**
   * A switching without services.
   *
   * @param podMtuBytes size of the probes
   * @param onChange called on the agent thread when the view is to be planned again
   * @param onLost is told which pool has lost a way by which it had gone over, and how
   */
  Switching(
      String self,
      AgentThread agent,
      Executor io,
      Mirror mirror,
      Modes modes,
      Declarations declarations,
      Standings standings,
      UnderlayReader underlayReader,
      IntSupplier podMtuBytes,
      Runnable onChange,
      BiConsumer<String, String> onLost) {
    this.self = self;
    this.agent = agent;
    this.mirror = mirror;
    this.modes = modes;
    this.declarations = declarations;
    this.standings = standings;
    this.underlayReader = underlayReader;
    this.podMtuBytes = podMtuBytes;
    this.onChange = onChange;
    this.onLost = onLost;
    writer = new StatusWriter(agent, io);
  }

  void bind(Store service) {
    writer.bind(service);
  }

  void unbindStore() {
    writer.unbind();
  }

  void bind(Dataplane service) {
    dataplane = service;
    runs.values().forEach(run -> run.canaries().bind(service));
  }

  /** Modes that each pool needs beside the one that it asks for, because of its wires. */
  Map<String, Set<String>> inUse() {
    Map<String, Set<String>> inUse = new TreeMap<>();
    wires()
        .forEach(
            (pool, wires) ->
                inUse.put(
                    pool,
                    wires.stream()
                        .filter(w -> !w.equals(Wire.DIRECT))
                        .map(Wire::mode)
                        .collect(Collectors.toCollection(TreeSet::new))));
    return inUse;
  }

  /** Wires of a mode that this node keeps receiving. */
  Set<Wire> receiving(String mode) {
    return wires().values().stream()
        .flatMap(Set::stream)
        .filter(w -> w.mode().equals(mode))
        .collect(Collectors.toUnmodifiableSet());
  }

  /** What to plan for besides a pool's destinations: the addresses to probe. */
  List<Destination> probed(String pool) {
    return Optional.ofNullable(runs.get(pool)).map(PoolRun::probed).orElse(List.of());
  }

  /**
   * Decides and declares as far as the modes have planned, and publishes.
   *
   * @param now the view that was planned
   * @param revisions of that view
   * @param triggers why it was planned
   */
  void declare(ClusterView now, Wanted wanted, Revisions revisions, Triggers triggers) {
    writer.seen(mirror.statusRevision(self));
    runs.keySet().removeIf(pool -> isGone(now, pool));
    Map<String, Pool> say = new TreeMap<>();
    for (PoolEntry pool : now.pools().values()) {
      sayOf(pool, now, wanted, revisions, triggers)
          .ifPresent(status -> say.put(pool.name(), status));
    }
    said().forEach((pool, status) -> keepGone(now, pool, status, say));
    NodeModeStatus status = NodeModeStatus.of(self, say);
    if (!status.pools().equals(said())) {
      writer.write(status, mirror.statusRevision(self));
    }
    if (isPlanDue) {
      isPlanDue = false;
      onChange.run();
    }
  }

  private Optional<Pool> sayOf(
      PoolEntry pool, ClusterView now, Wanted wanted, Revisions revisions, Triggers triggers) {
    String name = pool.name();
    Optional<Pool> said = Optional.ofNullable(said().get(name));
    String frozen = wanted.frozen().get(name);
    if (frozen != null) {
      Wait wait = new Wait(self, "no bundle provides the mode " + frozen);
      return said.map(
          s -> new Pool(s.revision(), s.nodes(), s.receives(), s.sends(), List.of(wait)));
    }
    String mode = pool.mode().name();
    ModePlanner.Good good = modes.active(mode).flatMap(ModePlanner::lastGood).orElse(null);
    if (good == null || !good.serves(wanted.destinationsOf(name))) {
      return said;
    }
    PoolRun run = runs.computeIfAbsent(name, this::run);
    PoolSituation situation =
        run.situation(
            now,
            wanted,
            good,
            new PoolRun.Heard(
                revisions,
                mirror.knowsAllNodes(),
                said,
                underWay(name),
                heard(name),
                received(wanted, name, said)));
    isPlanDue |= run.decide(situation, now, good, triggers);
    return Optional.of(run.say());
  }

  private PoolRun run(String pool) {
    PoolRun run =
        new PoolRun(
            self,
            pool,
            agent,
            declarations,
            standings,
            modes,
            underlayReader,
            podMtuBytes,
            onChange,
            (canary, detail) ->
                onLost.accept(
                    pool,
                    canary.node()
                        + " no longer answers probes by "
                        + canary.wire()
                        + ": "
                        + detail));
    run.canaries().bind(dataplane);
    return run;
  }

  /** A pool that was deleted while routes of it stay is still spoken of. */
  private void keepGone(ClusterView now, String pool, Pool status, Map<String, Pool> say) {
    if (!now.pools().containsKey(pool) && !isGone(now, pool)) {
      say.put(pool, status);
    }
  }

  private boolean isGone(ClusterView now, String pool) {
    return !now.pools().containsKey(pool)
        && !declarations.desired().containsKey(io.margay.api.dataplane.Owner.pool(pool));
  }

  /** Wires of modes that are not provided stay as they were said; empty while not known. */
  private Optional<Set<Wire>> received(Wanted wanted, String pool, Optional<Pool> said) {
    Set<Wire> received = new HashSet<>();
    received.add(Wire.DIRECT);
    for (String mode : wanted.modesOf(pool)) {
      Optional<Set<Wire>> its = standings.received(mode);
      if (its.isEmpty()) {
        return Optional.empty();
      }
      received.addAll(its.get());
    }
    said.ifPresent(
        s ->
            s.receives().stream()
                .filter(w -> modes.active(w.mode()).isEmpty())
                .forEach(received::add));
    return Optional.of(received);
  }

  private Map<String, Pool> said() {
    return Optional.ofNullable(mirror.statuses().get(self))
        .map(NodeModeStatus::pools)
        .orElse(Map.of());
  }

  private Optional<Pool> underWay(String pool) {
    return writer.underWay().map(status -> status.pools().get(pool));
  }

  /** What the others say; a node that speaks, but not of this pool, says nothing of it. */
  private Map<String, Pool> heard(String pool) {
    Pool silent =
        new Pool(
            io.margay.api.store.Revision.NONE,
            io.margay.api.store.Revision.NONE,
            Set.of(),
            Set.of(),
            List.of());
    Map<String, Pool> heard = new HashMap<>();
    mirror
        .statuses()
        .forEach((node, status) -> heard.put(node, status.pools().getOrDefault(pool, silent)));
    heard.remove(self);
    return heard;
  }

  private Map<String, Set<Wire>> wires() {
    Map<String, Set<Wire>> wires = new TreeMap<>();
    said().forEach((pool, s) -> add(wires, pool, s));
    writer.underWay().ifPresent(status -> status.pools().forEach((pool, s) -> add(wires, pool, s)));
    runs.forEach(
        (pool, run) -> wires.computeIfAbsent(pool, p -> new TreeSet<>()).addAll(run.kept()));
    return wires;
  }

  private static void add(Map<String, Set<Wire>> wires, String pool, Pool status) {
    Set<Wire> its = wires.computeIfAbsent(pool, p -> new TreeSet<>());
    its.addAll(status.receives());
    its.addAll(status.sends());
  }
}
