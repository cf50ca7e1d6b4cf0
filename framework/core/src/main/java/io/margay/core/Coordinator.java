// SPDX-License-Identifier: Apache-2.0
package io.margay.core;

import io.margay.api.dataplane.Cause;
import io.margay.api.dataplane.Change;
import io.margay.api.dataplane.Dataplane;
import io.margay.api.dataplane.Owner;
import io.margay.api.dataplane.WorkloadPlumber;
import io.margay.api.ipam.Ipam;
import io.margay.api.mode.Info;
import io.margay.api.mode.RoutingMode;
import io.margay.api.resource.NodeModeStatus;
import io.margay.api.resource.WorkloadEndpoint;
import io.margay.api.sharing.RouteSharing;
import io.margay.api.sharing.RouteSources;
import io.margay.api.store.Store;
import io.margay.api.store.Watch;
import io.margay.api.store.Watcher;
import io.margay.core.plan.LocalNodes;
import io.margay.core.plan.Peers;
import io.margay.core.plan.PodMtu;
import io.margay.core.plan.Underlay;
import io.margay.core.query.Liveness;
import io.margay.core.query.QueryResponder;
import io.margay.core.sharing.Told;
import io.margay.core.view.ClusterView;
import io.margay.core.view.EndpointEntry;
import io.margay.core.view.Mirror;
import io.margay.core.view.Readers;
import java.net.InetAddress;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.MDC;

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
  private final Triggers triggers = new Triggers();
  private final Declarations declarations;
  private final SwitchTimes switches;
  private final UnderlayReader underlayReader;
  private final Registrar registrar;
  private final TunnelKeeper tunnels;
  private final ChecksumTests checksums;
  private final Sharing sharing;
  private final Standings standings;
  private final Switching switching;
  private final SwitchGuard guard;
  private final GoneNodes goneNodes;
  private final Advertiser advertiser;
  private final PodResizer resizer;
  private final Planner planner;
  private final Sweeper sweeper;
  private final ModeHandover handover;
  private final QueryResponder queries;
  private final Throttle reconcile;
  private final Throttle report;

  private Optional<Store> store = Optional.empty();
  private List<Watch> watches = List.of();
  private Optional<Dataplane> dataplane = Optional.empty();
  private Optional<ClusterView> view = Optional.empty();
  private Set<String> ignored = Set.of();
  private boolean isReady;
  private volatile AgentStatus status;

  /**
   * A coordinator without services.
   *
   * @param io runs what blocks, one task after the other
   * @param linkSettings may block
   * @param planThreads makes the thread of a mode
   * @param onReady called once, when the kernel has all that the store wanted at start
   */
  Coordinator(
      AgentSettings settings,
      AgentThread agent,
      Executor io,
      Underlay.LinkSettings linkSettings,
      Function<String, ExecutorService> planThreads,
      Consumer<ClusterView> onReady) {
    this.settings = settings;
    this.agent = agent;
    this.planThreads = planThreads;
    this.onReady = onReady;
    mirror = new Mirror(settings.node());
    reconcile = new Throttle(agent, () -> isReady ? PLAN_INTERVAL : Duration.ZERO, this::reconcile);
    switches = new SwitchTimes(agent::nanoTime);
    report = new Throttle(agent, () -> PLAN_INTERVAL, () -> status = status());
    declarations = new Declarations(agent, io, this::settled);
    underlayReader = new UnderlayReader(agent, io, linkSettings, this::underlayRead);
    standings = new Standings(agent, declarations, this::changed);
    guard = new SwitchGuard(agent, io, Clock.systemUTC(), this::changed);
    switching =
        new Switching(
            settings.node(),
            agent,
            io,
            mirror,
            modes,
            declarations,
            standings,
            underlayReader,
            () -> latest().podMtuBytes(),
            this::changed,
            guard::revert);
    goneNodes = new GoneNodes(agent, io, mirror, this::changed);
    tunnels = new TunnelKeeper(settings.node(), agent, io, declarations, () -> post(this::changed));
    checksums = new ChecksumTests(agent, io, declarations, modes, this::changed);
    sharing =
        new Sharing(
            agent,
            mirror,
            declarations,
            triggers,
            this::changed,
            () -> underlayReader.refresh(addressesToLookUp()));
    planner =
        new Planner(
            mirror,
            modes,
            declarations,
            underlayReader,
            standings,
            switching,
            tunnels,
            checksums,
            sharing,
            triggers);
    handover = new ModeHandover(io, modes, planner, declarations, () -> dataplane, this::changed);
    sweeper = new Sweeper(mirror, planner, declarations, underlayReader);
    registrar = new Registrar(settings, agent, io, this::changed);
    advertiser = new Advertiser(settings.node(), agent, io, report::request);
    resizer = new PodResizer(agent, io, report::request);
    SwitchPreview preview =
        new SwitchPreview(
            io,
            mirror,
            modes,
            declarations,
            underlayReader,
            switching,
            checksums,
            sharing,
            () -> latest().podMtuBytes(),
            () -> dataplane);
    queries =
        new QueryResponder(
            settings.node(),
            agent,
            agent::after,
            io,
            Clock.systemUTC(),
            List.of(preview, new RouteLookup(io, () -> dataplane), new Liveness()));
    status = status();
  }

  /** Latest status; on any thread. */
  AgentStatus latest() {
    return status;
  }

  // --- services come and go ---

  void bindVerb(QueryResponder.Verb verb) {
    queries.add(verb);
  }

  void unbindVerb(QueryResponder.Verb verb) {
    queries.remove(verb);
  }

  void bindStore(Store service) {
    post(
        () -> {
          closeWatches();
          store = Optional.of(service);
          registrar.bind(service);
          tunnels.bindStore(service);
          switching.bind(service);
          guard.bind(service);
          goneNodes.bind(service);
          advertiser.bind(service);
          queries.bind(service);
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
            tunnels.unbindStore();
            switching.unbindStore();
            guard.unbind();
            goneNodes.unbind();
            advertiser.unbind();
            queries.unbind();
          }
        });
  }

  void bindDataplane(Dataplane service) {
    post(
        () -> {
          dataplane = Optional.of(service);
          sweeper.restart();
          standings.restart();
          declarations.bind(service);
          checksums.bind(service);
          switching.bind(service);
          tunnels.bindDataplane(dataplane);
          underlayReader.bind(service, addressesToLookUp());
        });
  }

  void unbindDataplane(Dataplane service) {
    post(
        () -> {
          if (dataplane.equals(Optional.of(service))) {
            dataplane = Optional.empty();
            declarations.unbind(service);
            tunnels.bindDataplane(dataplane);
            underlayReader.unbind();
          }
        });
  }

  void bindIpam(Ipam service) {
    post(() -> tunnels.bindIpam(service));
  }

  void unbindIpam(Ipam service) {
    post(() -> tunnels.unbindIpam(service));
  }

  void bindPlumber(WorkloadPlumber service) {
    post(() -> resizer.bind(service));
  }

  void unbindPlumber(WorkloadPlumber service) {
    post(() -> resizer.unbind(service));
  }

  void bindMode(long serviceId, RoutingMode mode, Info info, ModeProvider provider) {
    post(
        () -> {
          modes.add(
              serviceId,
              new ModePlanner(
                  mode,
                  info,
                  provider,
                  agent,
                  planThreads.apply(info.name()),
                  settings.planDeadline(),
                  () -> post(this::planned)));
          triggers.add(Cause.Kind.SWAP, "mode " + info.name() + " comes with " + provider.name());
          changed();
        });
  }

  void unbindMode(long serviceId) {
    post(
        () -> {
          modes
              .remove(serviceId)
              .ifPresent(
                  mode -> {
                    mode.close();
                    triggers.add(Cause.Kind.SWAP, "mode " + mode.name() + " goes");
                  });
          changed();
        });
  }

  void bindSharing(long serviceId, RouteSharing service) {
    String name = service.name();
    post(() -> sharing.bind(serviceId, service, name));
  }

  void unbindSharing(long serviceId) {
    post(() -> sharing.unbind(serviceId));
  }

  // --- one bundle takes over the modes of another ---

  /** See {@link ModeHandover#rehearse}. */
  CompletionStage<List<Change>> rehearseModes(long bundle) {
    return ask(() -> handover.rehearse(bundle));
  }

  /** See {@link ModeHandover#adopt}. */
  CompletionStage<Void> adoptModes(long bundle) {
    return ask(
        () -> {
          triggers.add(Cause.Kind.SWAP, "bundle " + bundle + " takes over its modes");
          handover.adopt(bundle);
          return CompletableFuture.completedFuture(null);
        });
  }

  /** Of bundles with different names, the one whose mode plans whenever it is there. */
  void preferMode(String mode, String bundleName) {
    post(
        () -> {
          triggers.add(Cause.Kind.OPERATOR, "mode:prefer " + mode + " " + bundleName);
          modes.prefer(mode, bundleName);
          changed();
        });
  }

  /** The modes that are provided, and how they are. */
  CompletionStage<List<ModeState>> modes() {
    return ask(
        () -> CompletableFuture.completedFuture(modes.all().stream().map(this::state).toList()));
  }

  /** Of a mode that nobody uses, the daemon need not run. */
  private ModeState state(ModePlanner mode) {
    boolean isActive = modes.active(mode.name()).filter(a -> a == mode).isPresent();
    Set<String> users = users(mode.name());
    Optional<String> fault =
        mode.fault().or(() -> isActive && !users.isEmpty() ? mode.daemonFault() : Optional.empty());
    return new ModeState(mode.name(), mode.provider(), isActive, users, fault);
  }

  /** Pools that need a mode, by what they ask for or by what is still under way. */
  private Set<String> users(String mode) {
    Set<String> pools = new TreeSet<>(planner.wanted().byMode().getOrDefault(mode, List.of()));
    switching
        .inUse()
        .forEach(
            (pool, inUse) -> {
              if (inUse.contains(mode)) {
                pools.add(pool);
              }
            });
    return pools;
  }

  private <T> CompletionStage<T> ask(Supplier<CompletionStage<T>> question) {
    CompletableFuture<T> answer = new CompletableFuture<>();
    post(
        () ->
            question
                .get()
                .whenComplete(
                    (value, failure) -> {
                      if (failure == null) {
                        answer.complete(value);
                      } else {
                        answer.completeExceptionally(failure);
                      }
                    }));
    return answer;
  }

  /**
   * A route sharing has something to tell.
   *
   * @param told asked on the agent thread
   */
  void learned(String source, Supplier<Optional<Told>> told) {
    post(() -> told.get().ifPresent(now -> sharing.learned(source, now)));
  }

  /** Lets go of what is kept of a source that is gone or not in sync. */
  void forget(String source) {
    post(() -> sharing.forget(source));
  }

  /** Whom this node believes about its routes. */
  RouteSources routeSources() {
    return sharing;
  }

  /** Ends watches and plan threads; the kernel stays as it is. On the agent thread. */
  void close() {
    closeWatches();
    queries.unbind();
    store = Optional.empty();
    underlayReader.unbind();
    modes.all().forEach(ModePlanner::close);
  }

  // --- pods come and go ---

  CompletionStage<Void> wire(String handle, WorkloadEndpoint endpoint) {
    EndpointEntry entry = Readers.endpoint(endpoint, handle);
    CompletableFuture<Void> result = new CompletableFuture<>();
    Cause cause = cause("pod added").withPod(entry.pod());
    post(
        () -> {
          Owner owner = Owner.workload(handle);
          mirror.endpoints().wired(entry);
          declarations.set(owner, planner.workload(entry), cause);
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

  /** What {@link #wire} declares and the kernel does not have. */
  CompletionStage<List<String>> differences(String handle, WorkloadEndpoint endpoint) {
    EndpointEntry entry = Readers.endpoint(endpoint, handle);
    CompletableFuture<List<String>> result = new CompletableFuture<>();
    post(() -> declarations.compare(Owner.workload(handle), planner.workload(entry), result));
    return result;
  }

  void unwire(String handle) {
    Cause cause = cause("pod deleted");
    post(
        () -> {
          mirror.endpoints().unwired(handle);
          declarations.retire(Owner.workload(handle), cause);
        });
  }

  /** With the trace context of the call that this thread serves, if its caller has sent one. */
  private static Cause cause(String text) {
    String trace = MDC.get("traceparent");
    String verb = MDC.get("cni");
    Cause.Kind kind = verb == null ? Cause.Kind.OTHER : Cause.Kind.CNI;
    String what = verb == null ? text : "CNI " + verb;
    return new Cause(kind, trace == null ? what : what + " traceparent=" + trace);
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
    if (!store.equals(Optional.of(source))) {
      return;
    }
    StoreEvent told = StoreEvent.of(kind, event, mirror);
    if (mirror.apply(kind, event)) {
      told.addTo(triggers, mirror);
      changed();
    }
  }

  private void closeWatches() {
    watches.forEach(Watch::close);
    watches = List.of();
  }

  private void underlayRead() {
    registrar.register(underlayReader.latest().orElseThrow(), view);
    if (isReady && declarations.isClosed()) {
      declarations.open(); // Another dataplane: it need not wait for the store.
    }
    changed();
    report.request();
  }

  private Set<InetAddress> addressesToLookUp() {
    Set<InetAddress> addresses = new HashSet<>(registrar.targets());
    addresses.addAll(sharing.gateways());
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
    guard.watch(now);
    goneNodes.watch(now);
    if (underlayReader.latest().isEmpty() || !registrar.isDone() || now.own().isEmpty()) {
      return; // Whichever comes asks again.
    }
    Underlay underlay = underlayReader.latest().get();
    sharing.found(now, underlayReader.found());
    if (underlay.asked().containsAll(Peers.addresses(now))
        && underlay.asked().containsAll(sharing.gateways())) {
      planner.plan(now, underlay);
      keepNode(now, underlay);
      resizer.want(
          PodMtu.of(now, Optional.of(underlay), mirror.configuration(), modes.infos()),
          mirror.endpoints().current(),
          underlay);
      planned();
    } else {
      underlayReader.refresh(addressesToLookUp());
    }
    report.request();
  }

  /** What the Node is to say of the modes in use. */
  private void keepNode(ClusterView now, Underlay underlay) {
    Map<String, List<String>> inUse = planner.wanted().byMode();
    tunnels.want(now, modes.infos(), inUse);
    advertiser.advertise(
        now,
        LocalNodes.of(now.own().orElseThrow(), underlay),
        inUse.keySet().stream().flatMap(m -> modes.active(m).stream()).toList());
  }

  /** Says once, and again when it changes, which settings of the cluster have no effect. */
  private void reportIgnored() {
    Set<String> now = StatusReport.notHonoured(mirror.configuration());
    if (!now.equals(ignored) && !now.isEmpty()) {
      LOG.warn("FelixConfiguration fields not honoured fields={}", now);
    }
    ignored = now;
  }

  /** Declares what the modes have planned so far; opens and sweeps when it is time. */
  private void planned() {
    if (planner.hasPlanned()) {
      planner.declare();
      checksums.check(planner.view(), planner.wanted());
      if (declarations.isClosed() && planner.isIdle()) {
        declarations.open();
      }
      sweeper.sweepIfDue();
    }
  }

  private void settled() {
    sweeper.settled();
    if (!isReady) {
      isReady = true;
      status = status(); // Whoever is told that we are ready finds us so.
      onReady.accept(view.orElseThrow());
    }
  }

  private AgentStatus status() {
    switches.observe(
        mirror.view().pools().values(),
        Optional.ofNullable(mirror.statuses().get(settings.node()))
            .map(NodeModeStatus::pools)
            .orElse(Map.of()));
    return new StatusReport(
            settings.node(),
            mirror,
            modes,
            planner.wanted(),
            registrar,
            tunnels,
            checksums,
            sharing,
            advertiser,
            resizer,
            underlayReader,
            declarations,
            switches)
        .status(store.isPresent(), dataplane.isPresent(), isReady);
  }
}
