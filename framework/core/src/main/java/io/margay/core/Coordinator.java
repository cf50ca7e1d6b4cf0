// SPDX-License-Identifier: Apache-2.0
package io.margay.core;

import io.margay.api.dataplane.Cause;
import io.margay.api.dataplane.Dataplane;
import io.margay.api.dataplane.DesiredState;
import io.margay.api.dataplane.KernelObject;
import io.margay.api.dataplane.Owner;
import io.margay.api.dataplane.Route;
import io.margay.api.mode.LocalNode;
import io.margay.api.mode.Peer;
import io.margay.api.mode.RoutingMode;
import io.margay.api.net.Cidr;
import io.margay.api.resource.WorkloadEndpoint;
import io.margay.api.store.Store;
import io.margay.api.store.Watch;
import io.margay.api.store.Watcher;
import io.margay.core.plan.CoreModeView;
import io.margay.core.plan.FrozenObjects;
import io.margay.core.plan.HostObjects;
import io.margay.core.plan.LocalNodes;
import io.margay.core.plan.LocalObjects;
import io.margay.core.plan.Peers;
import io.margay.core.plan.PoolRoutes;
import io.margay.core.plan.Underlay;
import io.margay.core.plan.Wanted;
import io.margay.core.plan.WorkloadObjects;
import io.margay.core.view.ClusterView;
import io.margay.core.view.EndpointEntry;
import io.margay.core.view.Mirror;
import io.margay.core.view.PoolEntry;
import io.margay.core.view.Readers;
import java.net.InetAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Turns what the store says into what the kernel is to hold. All its state belongs to the agent
 * thread; its methods may be called on any thread and post to it.
 *
 * <p>Nothing is declared before the store is in sync, the node is registered, the way to the other
 * nodes is known and every mode in use has planned. What is missing later freezes what it concerns.
 */
final class Coordinator {
  private static final Logger LOG = LoggerFactory.getLogger(Coordinator.class);

  /** At most ten plans a second. */
  private static final Duration PLAN_INTERVAL = Duration.ofMillis(100);

  private final AgentSettings settings;
  private final AgentThread agent;
  private final Function<String, ExecutorService> planThreads;
  private final Consumer<ClusterView> onReady;

  private final Mirror mirror;
  private final Modes modes = new Modes();
  private final Declarations declarations;
  private final UnderlayReader underlayReader;
  private final Registrar registrar;
  private final Throttle reconcile;
  private final Throttle report;

  private Optional<Store> store = Optional.empty();
  private List<Watch> watches = List.of();
  private Optional<Dataplane> dataplane = Optional.empty();
  private Optional<ClusterView> view = Optional.empty();
  private Optional<Wanted> wanted = Optional.empty();
  private boolean hasSettled;
  private boolean isSweepDue;
  private boolean isSweepAwaited;
  private Set<String> ignored = Set.of();
  private Set<String> keptBySweep = Set.of();
  private boolean isReady;
  private volatile AgentStatus status;

  /**
   * A coordinator without services.
   *
   * @param io runs what blocks, one task after the other
   * @param acceptsRouters whether {@code accept_ra} of a link is 1; may block
   * @param planThreads makes the thread of a mode
   * @param onReady called once, when the kernel has all that the store wanted at start
   */
  Coordinator(
      AgentSettings settings,
      AgentThread agent,
      Executor io,
      Predicate<String> acceptsRouters,
      Function<String, ExecutorService> planThreads,
      Consumer<ClusterView> onReady) {
    this.settings = settings;
    this.agent = agent;
    this.planThreads = planThreads;
    this.onReady = onReady;
    mirror = new Mirror(settings.node());
    reconcile = new Throttle(agent, () -> isReady ? PLAN_INTERVAL : Duration.ZERO, this::reconcile);
    report = new Throttle(agent, () -> PLAN_INTERVAL, () -> status = status());
    declarations = new Declarations(agent, io, this::settled);
    underlayReader = new UnderlayReader(agent, io, acceptsRouters, this::underlayRead);
    registrar = new Registrar(settings, agent, io, this::changed);
    status = status();
  }

  /** Latest status; on any thread. */
  AgentStatus latest() {
    return status;
  }

  // --- services come and go ---

  void bindStore(Store service) {
    post(
        () -> {
          closeWatches();
          store = Optional.of(service);
          registrar.bind(service);
          mirror.restart();
          List<Watch> opened = new ArrayList<>();
          mirror
              .watches()
              .forEach(
                  (kind, filter) ->
                      opened.add(
                          service.watch(
                              kind, filter, event -> post(() -> changed(service, kind, event)))));
          watches = opened;
        });
  }

  void unbindStore(Store service) {
    post(
        () -> {
          if (store.equals(Optional.of(service))) {
            closeWatches();
            store = Optional.empty();
            registrar.unbind();
          }
        });
  }

  void bindDataplane(Dataplane service) {
    post(
        () -> {
          dataplane = Optional.of(service);
          hasSettled = false;
          isSweepAwaited = false;
          declarations.bind(service);
          underlayReader.bind(service, addressesToLookUp());
        });
  }

  void unbindDataplane(Dataplane service) {
    post(
        () -> {
          if (dataplane.equals(Optional.of(service))) {
            dataplane = Optional.empty();
            declarations.unbind(service);
            underlayReader.unbind();
          }
        });
  }

  void bindMode(long serviceId, RoutingMode mode, String bundle) {
    String name = mode.info().name();
    post(
        () -> {
          modes.add(
              serviceId,
              new ModePlanner(
                  mode,
                  bundle,
                  agent,
                  planThreads.apply(name),
                  settings.planDeadline(),
                  () -> post(this::planned)));
          changed();
        });
  }

  void unbindMode(long serviceId) {
    post(
        () -> {
          modes.remove(serviceId).ifPresent(ModePlanner::close);
          changed();
        });
  }

  /** Ends watches and plan threads; the kernel stays as it is. On the agent thread. */
  void close() {
    closeWatches();
    store = Optional.empty();
    underlayReader.unbind();
    modes.all().forEach(ModePlanner::close);
  }

  // --- pods come and go ---

  CompletionStage<Void> wire(String handle, WorkloadEndpoint endpoint) {
    EndpointEntry entry = Readers.endpoint(endpoint, handle);
    CompletableFuture<Void> result = new CompletableFuture<>();
    post(
        () -> {
          Owner owner = Owner.workload(handle);
          mirror.endpoints().wired(entry);
          declarations.set(owner, WorkloadObjects.of(entry), new Cause("pod added"));
          declarations
              .settled(owner)
              .whenComplete(
                  (done, refusal) -> {
                    if (refusal == null) {
                      result.complete(null);
                    } else {
                      result.completeExceptionally(refusal);
                    }
                  });
        });
    return result;
  }

  void unwire(String handle) {
    post(
        () -> {
          mirror.endpoints().unwired(handle);
          declarations.retire(Owner.workload(handle), new Cause("pod deleted"));
        });
  }

  // --- on the agent thread ---

  private void post(Runnable task) {
    agent.execute(
        () -> {
          task.run();
          report.request();
        });
  }

  private void changed() {
    reconcile.request();
  }

  private void changed(Store source, String kind, Watcher.Event event) {
    if (store.equals(Optional.of(source)) && mirror.apply(kind, event)) {
      changed();
    }
  }

  private void closeWatches() {
    watches.forEach(Watch::close);
    watches = List.of();
  }

  private void underlayRead() {
    registrar.register(underlayReader.latest().orElseThrow(), view);
    changed();
    report.request();
  }

  private Set<InetAddress> addressesToLookUp() {
    Set<InetAddress> addresses = new HashSet<>(registrar.targets());
    view.ifPresent(v -> addresses.addAll(Peers.addresses(v)));
    return addresses;
  }

  /** From the store to the kernel, as far as all that it needs is there. */
  private void reconcile() {
    if (store.isEmpty() || !mirror.isInSync()) {
      return;
    }
    ClusterView now = mirror.view();
    view = Optional.of(now);
    reportIgnored();
    if (underlayReader.latest().isEmpty() || !registrar.isDone() || now.own().isEmpty()) {
      return; // Whichever comes asks again.
    }
    Underlay underlay = underlayReader.latest().get();
    if (underlay.asked().containsAll(Peers.addresses(now))) {
      plan(now, underlay);
      planned();
    } else {
      underlayReader.refresh(addressesToLookUp());
    }
    report.request();
  }

  /** Says once, and again when it changes, which settings of the cluster have no effect. */
  private void reportIgnored() {
    Set<String> now = StatusReport.notHonoured(mirror.configuration());
    if (!now.equals(ignored) && !now.isEmpty()) {
      LOG.warn("FelixConfiguration fields not honoured fields={}", now);
    }
    ignored = now;
  }

  /** Declares what needs no mode, and asks the modes for the rest. */
  private void plan(ClusterView now, Underlay underlay) {
    wanted = Optional.of(Wanted.of(now, mode -> modes.active(mode).isPresent()));
    Cause cause = new Cause("store changed");
    LocalNode self = LocalNodes.of(now.own().orElseThrow(), underlay);
    declarations.set(Owner.HOST, HostObjects.of(now, self, underlay), cause);
    declarations.set(Owner.LOCAL, LocalObjects.of(now), cause);
    declareWorkloads(underlay, cause);
    List<Peer> peers = Peers.of(now, underlay);
    for (String mode : wanted.get().byMode().keySet()) {
      modes
          .active(mode)
          .orElseThrow()
          .request(
              new CoreModeView(
                  self,
                  underlayReader.facts(),
                  now.settings(),
                  peers,
                  wanted.get().destinations(mode)));
    }
  }

  /** Declares what the modes have planned so far; opens and sweeps when it is time. */
  private void planned() {
    if (wanted.isEmpty()) {
      return;
    }
    for (String mode : wanted.get().byMode().keySet()) {
      modes.active(mode).flatMap(ModePlanner::lastGood).ifPresent(good -> declarePlan(mode, good));
    }
    declareGonePools(view.orElseThrow());
    if (declarations.isClosed() && plannersAreIdle()) {
      declarations.open();
    }
    sweepIfDue();
  }

  /** An endpoint that the watch tells before its link is made waits for the link, or for wire. */
  private void declareWorkloads(Underlay underlay, Cause cause) {
    Map<String, EndpointEntry> endpoints = mirror.endpoints().current();
    endpoints.forEach(
        (handle, endpoint) -> {
          Owner owner = Owner.workload(handle);
          if (declarations.desired().containsKey(owner) || underlay.hasLink(endpoint.link())) {
            declarations.set(owner, WorkloadObjects.of(endpoint), cause);
          }
        });
    for (Owner owner : List.copyOf(declarations.desired().keySet())) {
      Optional<String> handle = named(owner, "workload/");
      if (handle.isPresent() && !endpoints.containsKey(handle.get())) {
        declarations.retire(owner, cause);
      }
    }
  }

  /** A pool's routes change only by a plan that knows the pool as it is now. */
  private void declarePlan(String mode, ModePlanner.Good good) {
    Cause cause = new Cause("plan of " + mode);
    Owner owner = Owner.mode(mode);
    declarations.set(owner, DesiredState.of(good.plan().standing()), cause);
    Wanted now = wanted.orElseThrow();
    for (String pool : now.byMode().get(mode)) {
      if (good.serves(pool, now.destinationsOf(pool))) {
        DesiredState routes =
            PoolRoutes.of(now.destinationsOf(pool), good.plan(), cidr -> reached(pool, cidr));
        declarations.setAfter(owner, Owner.pool(pool), routes, cause);
      }
    }
  }

  /** The route that a destination has now: declared, or found in the kernel at start. */
  private Optional<Route> reached(String pool, Cidr cidr) {
    DesiredState declared = declarations.desired().get(Owner.pool(pool));
    if (declared == null) {
      return underlayReader.found(cidr);
    }
    KernelObject object = declared.byKey().get(Route.blackhole(cidr).key());
    return object instanceof Route route ? Optional.of(route) : Optional.empty();
  }

  /** A pool that was deleted while blocks of it are in use keeps the routes to those. */
  private void declareGonePools(ClusterView now) {
    for (Owner owner : List.copyOf(declarations.desired().keySet())) {
      Optional<String> pool = named(owner, "pool/");
      if (pool.isEmpty() || now.pools().containsKey(pool.get())) {
        continue;
      }
      List<KernelObject> kept =
          declarations.desired().get(owner).objects().stream()
              .filter(
                  o ->
                      o instanceof Route r
                          && wanted.orElseThrow().orphans().contains(r.destination()))
              .toList();
      Cause cause = new Cause("pool deleted");
      if (kept.isEmpty()) {
        declarations.retire(owner, cause);
      } else {
        declarations.set(owner, DesiredState.of(kept), cause);
      }
    }
  }

  private boolean plannersAreIdle() {
    return wanted.orElseThrow().byMode().keySet().stream()
        .allMatch(m -> modes.active(m).filter(ModePlanner::isIdle).isPresent());
  }

  private void settled() {
    hasSettled = true;
    isSweepDue = true;
    sweep();
    if (!isReady) {
      isReady = true;
      status = status(); // Whoever is told that we are ready finds us so.
      onReady.accept(view.orElseThrow());
    }
  }

  /** A pool that was kept by the last sweep and is declared now may have left something. */
  private void sweepIfDue() {
    isSweepDue |= hasSettled && !kept(view.orElseThrow()).keySet().containsAll(keptBySweep);
    if (isSweepDue && hasSettled && !isSweepAwaited) {
      isSweepAwaited = true;
      declarations.whenSettled(
          () -> {
            isSweepAwaited = false;
            sweep();
          });
    }
  }

  /** Not while a document is unreadable: what it stands for has no owner, and yet is wanted. */
  private void sweep() {
    if (!isSweepDue || !plannersAreIdle() || declarations.hasDeferred() || !mirror.isComplete()) {
      return; // The next reconciliation asks again.
    }
    Map<String, Cidr> kept = kept(view.orElseThrow());
    isSweepDue = false;
    keptBySweep = kept.keySet();
    declarations.sweep(
        new FrozenObjects(
            List.copyOf(kept.values()),
            declarations.desired().keySet(),
            underlayReader.latest().orElseThrow(),
            mirror.configuration().interfacePrefix()),
        new Cause("nobody wants it"));
  }

  /** Pools that are not declared, and blocks without a pool. */
  private Map<String, Cidr> kept(ClusterView now) {
    Map<String, Cidr> kept = new TreeMap<>();
    for (PoolEntry pool : now.pools().values()) {
      if (!declarations.desired().containsKey(Owner.pool(pool.name()))) {
        kept.put(pool.name(), pool.cidr());
      }
    }
    wanted.orElseThrow().orphans().forEach(cidr -> kept.put(cidr.toString(), cidr));
    return kept;
  }

  private static Optional<String> named(Owner owner, String prefix) {
    return owner.name().startsWith(prefix)
        ? Optional.of(owner.name().substring(prefix.length()))
        : Optional.empty();
  }

  private AgentStatus status() {
    return new StatusReport(
            settings.node(),
            mirror,
            modes,
            wanted.orElse(Wanted.NOTHING),
            registrar,
            underlayReader,
            declarations)
        .status(store.isPresent(), dataplane.isPresent(), isReady);
  }
}
