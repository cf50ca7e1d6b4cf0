// SPDX-License-Identifier: Apache-2.0
package io.margay.dataplane;

import io.margay.api.dataplane.ActualState;
import io.margay.api.dataplane.Cause;
import io.margay.api.dataplane.Change;
import io.margay.api.dataplane.Dataplane;
import io.margay.api.dataplane.DataplaneException;
import io.margay.api.dataplane.DesiredState;
import io.margay.api.dataplane.Drift;
import io.margay.api.dataplane.ForeignFirewall;
import io.margay.api.dataplane.Grant;
import io.margay.api.dataplane.KernelFacts;
import io.margay.api.dataplane.KernelObject;
import io.margay.api.dataplane.Owner;
import io.margay.api.dataplane.Probe;
import io.margay.api.dataplane.ProbeResult;
import io.margay.api.dataplane.Query;
import io.margay.api.health.Health;
import io.margay.api.health.HealthCheck;
import io.margay.api.health.MetricSource;
import io.margay.api.node.NodeFiles;
import io.margay.api.node.NodeProperties;
import io.margay.dataplane.journal.Recorder;
import java.net.InetAddress;
import java.nio.file.Path;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.osgi.framework.BundleContext;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.metatype.annotations.AttributeDefinition;
import org.osgi.service.metatype.annotations.Designate;
import org.osgi.service.metatype.annotations.ObjectClassDefinition;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The {@link Dataplane} over the Linux kernel: hands everything to the {@link KernelLoop}. */
@Component(
    service = {Dataplane.class, HealthCheck.class, MetricSource.class},
    configurationPid = "io.margay.dataplane")
@Designate(ocd = KernelDataplane.Config.class)
public final class KernelDataplane implements Dataplane, HealthCheck, MetricSource {
  private static final Logger LOG = LoggerFactory.getLogger(KernelDataplane.class);
  private static final String NAME = "dataplane";
  private static final long STUCK_NANOS = 30_000_000_000L;
  private static final int EVENT_BUFFER_BYTES = 16 << 20;

  /** Settings of the dataplane, of this node alone. */
  @ObjectClassDefinition(name = "Dataplane")
  public @interface Config {
    /** Protocol number of our routes: by it we know them again. */
    @AttributeDefinition(min = "4", max = "255", description = "Protocol number of our routes")
    int routeProtocol() default 80;

    /** How often the kernel is read completely, in seconds; changes are seen at once anyway. */
    @AttributeDefinition(
        min = "1",
        max = "86400",
        description = "Seconds between complete reads of the kernel")
    int refreshSeconds() default 90;

    /** Whether a foreign route or link with a key of ours is overwritten. */
    @AttributeDefinition(description = "Overwrite foreign routes and links that have our key")
    boolean takeover() default false;

    /** Bound of the journal's files together, in MiB. */
    @AttributeDefinition(
        min = "1",
        max = "4096",
        description = "MiB that the journal of changes in the kernel may have on disk")
    int journalMiB() default 32;
  }

  /**
   * Everything that comes from outside; a test chooses it.
   *
   * @param onlyClsact attaches BPF programs as in kernels without TCX
   */
  record Setup(
      Path state,
      int routeProtocol,
      int refreshSeconds,
      boolean takeover,
      int eventBufferBytes,
      Threads threads,
      Time time,
      boolean onlyClsact,
      Recorder recorder) {

    Setup(
        Path state,
        int routeProtocol,
        int refreshSeconds,
        boolean takeover,
        int eventBufferBytes,
        Threads threads,
        Time time,
        boolean onlyClsact) {
      this(
          state,
          routeProtocol,
          refreshSeconds,
          takeover,
          eventBufferBytes,
          threads,
          time,
          onlyClsact,
          Recorder.NONE);
    }

    Setup(
        Path state,
        int routeProtocol,
        int refreshSeconds,
        boolean takeover,
        int eventBufferBytes,
        Threads threads,
        Time time) {
      this(state, routeProtocol, refreshSeconds, takeover, eventBufferBytes, threads, time, false);
    }

    static Setup of(Config config, Path state, Recorder recorder) {
      return new Setup(
          state,
          config.routeProtocol(),
          config.refreshSeconds(),
          config.takeover(),
          EVENT_BUFFER_BYTES,
          Threads.OF_PROCESS,
          Time.SYSTEM,
          false,
          recorder);
    }
  }

  private final Problems problems;
  private final KernelLoop loop;
  private final Prober prober;
  private final Facts facts = new Facts();
  private final AtomicReference<List<ForeignFirewall>> firewalls = new AtomicReference<>(List.of());
  private final List<Runnable> listeners = new CopyOnWriteArrayList<>();

  /** What is declared, by whom; written together with the posting, so both have one order. */
  private final Map<Owner, DesiredState> desired = new HashMap<>();

  /** What owners may have; guarded as what they declare. Others may have anything. */
  private final Map<Owner, Grant> grants = new HashMap<>();

  @Activate
  public KernelDataplane(Config config, BundleContext context, @Reference NodeJournal journal) {
    this(Setup.of(config, Path.of(context.getProperty(NodeProperties.STATE)), journal));
  }

  /** A dataplane that keeps no journal. */
  public KernelDataplane(Config config, BundleContext context) {
    this(Setup.of(config, Path.of(context.getProperty(NodeProperties.STATE)), Recorder.NONE));
  }

  KernelDataplane(Setup setup) {
    problems = new Problems(setup.time());
    prober = new Prober(setup.threads());
    NetlinkKernel.Options options =
        new NetlinkKernel.Options(
            setup.routeProtocol(),
            setup.eventBufferBytes(),
            setup.threads(),
            new NodeFiles(setup.state()).bpf(),
            () -> !setup.onlyClsact() && facts.get().features().contains(Facts.TCX),
            firewalls::set);
    KernelLoop.Opener opener =
        (wake, kernelThread) -> {
          Facts.requireRights();
          Kernel kernel = NetlinkKernel.open(options, wake, kernelThread);
          return new Reconciler(
              kernel,
              problems,
              setup.recorder(),
              setup.time(),
              setup.refreshSeconds(),
              setup.takeover());
        };
    loop =
        new KernelLoop(
            setup.state(), opener, problems, setup.time(), setup.threads(), this::tellListeners);
    loop.start();
  }

  /** Finishes what was declared, and leaves the kernel as it is. */
  @Deactivate
  public void close() {
    prober.close();
    loop.close();
  }

  @Override
  public void confine(Owner owner, Grant grant) {
    synchronized (desired) {
      grants.put(owner, grant);
    }
  }

  @Override
  public void declare(Owner owner, DesiredState wanted, Cause cause) {
    synchronized (desired) {
      desired.put(owner, wanted);
      Confined confined = Confined.of(wanted, Optional.ofNullable(grants.get(owner)));
      loop.post(
          reconciler -> {
            problems.forbidden(owner, confined.refusals());
            reconciler.declare(owner, confined.allowed(), cause);
          });
    }
  }

  @Override
  public void retire(Owner owner, Cause cause) {
    synchronized (desired) {
      desired.remove(owner);
      loop.post(
          reconciler -> {
            problems.forbidden(owner, Map.of());
            reconciler.retire(owner, cause);
          });
    }
  }

  @Override
  public void sweep(Predicate<KernelObject> keep, Cause cause) {
    loop.post(reconciler -> reconciler.sweep(keep, cause));
  }

  @Override
  public List<Change> preview(Owner owner, DesiredState wanted) throws DataplaneException {
    Grant grant;
    synchronized (desired) {
      grant = grants.get(owner);
    }
    DesiredState allowed = Confined.of(wanted, Optional.ofNullable(grant)).allowed();
    return loop.call(reconciler -> reconciler.inspector().preview(owner, allowed));
  }

  @Override
  public CompletionStage<Void> settled(Owner owner) {
    return loop.settled(owner);
  }

  @Override
  public Map<Owner, DesiredState> desired() {
    synchronized (desired) {
      return Map.copyOf(desired);
    }
  }

  @Override
  public List<Drift> drift() {
    return problems.drift();
  }

  @Override
  public ActualState actual(Query query) throws DataplaneException {
    return loop.call(reconciler -> reconciler.inspector().actual(query));
  }

  @Override
  public Set<InetAddress> boundTo(Collection<InetAddress> addresses) throws DataplaneException {
    return loop.call(reconciler -> reconciler.inspector().boundTo(addresses));
  }

  @Override
  public Map<String, Long> counters(Owner owner) throws DataplaneException {
    return loop.call(reconciler -> reconciler.inspector().counters(owner));
  }

  @Override
  public CompletionStage<ProbeResult> probe(Probe probe) {
    return prober.probe(probe);
  }

  @Override
  public List<ForeignFirewall> foreignFirewalls() {
    return firewalls.get();
  }

  @Override
  public KernelFacts facts() {
    return facts.get();
  }

  @Override
  public AutoCloseable onUnderlayChange(Runnable listener) {
    listeners.add(listener);
    return () -> listeners.remove(listener);
  }

  @Override
  public List<Health> check() {
    return List.of(dataplane(), forwarding());
  }

  private Health forwarding() {
    List<ForeignFirewall> found = firewalls.get();
    return found.isEmpty()
        ? Health.ok("forwarding")
        : Health.degraded(
            "forwarding",
            "a firewall drops forwarded packets that no rule of it accepts: "
                + found.stream().map(ForeignFirewall::toString).collect(Collectors.joining(", "))
                + "; let its rules accept the pools' addresses, or set its policy to accept");
  }

  private Health dataplane() {
    Optional<DataplaneException> failure = loop.failure();
    if (failure.isPresent()) {
      return Health.down(NAME, failure.get().getMessage());
    }
    if (loop.busyNanos() > STUCK_NANOS) {
      return Health.down(
          "kernel",
          "the kernel thread has not come back for " + loop.busyNanos() / 1_000_000_000L + " s");
    }
    if (!loop.isReady()) {
      return Health.degraded(NAME, "waits until another dataplane has stopped writing");
    }
    return problems
        .incapable()
        .map(text -> Health.down(NAME, "this node cannot do it: " + text))
        .or(
            () ->
                problems.summary().map(text -> Health.degraded(NAME, "not in the kernel: " + text)))
        .orElseGet(() -> Health.ok(NAME));
  }

  @Override
  public void emit(Sink sink) {
    sink.gauge("margay_dataplane_objects_written_total", Map.of(), loop.written());
    sink.gauge("margay_dataplane_objects_deleted_total", Map.of(), loop.deleted());
    sink.gauge("margay_dataplane_drift_repaired_total", Map.of(), problems.repairedCount());
    sink.gauge("margay_dataplane_objects_refused", Map.of(), problems.standingCount());
    sink.gauge("margay_dataplane_events_lost_total", Map.of(), loop.lostEvents());
    sink.gauge("margay_dataplane_complete_reads_total", Map.of(), loop.completeReads());
    sink.gauge("margay_dataplane_failures_total", Map.of(), loop.failures());
    sink.gauge("margay_dataplane_queue_tasks", Map.of(), loop.waiting());
    sink.gauge("margay_dataplane_busy_seconds", Map.of(), loop.busyNanos() / 1e9);
    Map<String, Integer> objects = new TreeMap<>();
    desired()
        .forEach(
            (owner, state) -> objects.merge(kind(owner), state.objects().size(), Integer::sum));
    objects.forEach(
        (owner, count) -> sink.gauge("margay_dataplane_objects", Map.of("owner", owner), count));
  }

  /** The owner; all pods together. */
  private static String kind(Owner owner) {
    return owner.name().startsWith("workload/") ? "workload" : owner.name();
  }

  /** Objects created, changed and deleted since the start. */
  long written() {
    return loop.written() + loop.deleted();
  }

  /** Has the kernel thread look at the clock. */
  void wake() {
    loop.wake();
  }

  private void tellListeners() {
    for (Runnable listener : listeners) {
      try {
        listener.run();
      } catch (RuntimeException e) {
        LOG.error("A listener to changes of the underlay failed", e);
      }
    }
  }
}
