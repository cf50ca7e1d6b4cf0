// SPDX-License-Identifier: Apache-2.0
package io.margay.cni;

import io.margay.api.console.Command;
import io.margay.api.console.CommandSpec;
import io.margay.api.console.Invocation;
import io.margay.api.console.Output;
import io.margay.api.dataplane.WorkloadPlumber;
import io.margay.api.health.Health;
import io.margay.api.health.HealthCheck;
import io.margay.api.health.MetricSource;
import io.margay.api.ipam.Ipam;
import io.margay.api.ipam.WorkloadWitness;
import io.margay.api.node.NodeAgent;
import io.margay.api.node.NodeFiles;
import io.margay.api.node.NodeProperties;
import io.margay.api.store.Store;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.osgi.framework.BundleContext;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Modified;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;
import org.osgi.service.component.annotations.ReferencePolicyOption;
import org.osgi.service.metatype.annotations.AttributeDefinition;
import org.osgi.service.metatype.annotations.Designate;
import org.osgi.service.metatype.annotations.ObjectClassDefinition;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Serves the CNI calls that {@code margay-cni} relays.
 *
 * <p>Lives on while the services it uses are replaced: a call waits for them up to its deadline.
 */
@Component(
    service = {HealthCheck.class, Command.class, WorkloadWitness.class, MetricSource.class},
    immediate = true,
    configurationPid = "io.margay.cni")
@Designate(ocd = CniServer.Config.class)
public final class CniServer implements HealthCheck, Command, WorkloadWitness, MetricSource {
  private static final Logger LOG = LoggerFactory.getLogger(CniServer.class);
  private static final String NAME = "cni";
  private static final Duration DRAIN = Duration.ofSeconds(5);

  /** Configuration of the CNI server. */
  @ObjectClassDefinition(name = "CNI server")
  public @interface Config {
    @AttributeDefinition(description = "Calls served at a time", min = "1", max = "256")
    int threads() default 16;

    @AttributeDefinition(
        description = "How long a call may wait for what it needs, in seconds",
        min = "1",
        max = "110")
    int callDeadlineSeconds() default 30;

    @AttributeDefinition(
        description = "How long a DEL may take before it is spooled, in seconds",
        min = "1",
        max = "110")
    int delDeadlineSeconds() default 20;
  }

  private final Services services = new Services();
  private final CallLog log = new CallLog();
  private final ThreadPoolExecutor threads;
  private final Spool spool;
  private final Calls calls;
  private final Intake intake;
  private volatile Config config;

  @Activate
  public CniServer(BundleContext context, Config config) {
    this.config = config;
    String state = context.getProperty(NodeProperties.STATE);
    if (state == null) {
      throw new IllegalStateException(
          NodeProperties.STATE + ": missing (expected: set by the launcher)");
    }
    NodeFiles files = new NodeFiles(Path.of(state));
    Consumer<FaultPoint> faults = FaultPoint.halting(context.getProperty(FaultPoint.PROPERTY));
    threads = threads(config.threads());
    spool = new Spool(files.spool());
    Removals removals = new Removals(services, spool, this::delPatience, faults);
    Verbs verbs = new Verbs(services, removals, this::callPatience, faults);
    calls = new Calls(threads, verbs, removals, faults, log, services.words());
    intake = new Intake(files.cniSocket(), spool, calls, delPatience());
    intake.start();
  }

  @Modified
  void modified(Config changed) {
    config = changed;
    // Order matters: the core size may never exceed the maximum.
    threads.setCorePoolSize(1);
    threads.setMaximumPoolSize(changed.threads());
    threads.setCorePoolSize(changed.threads());
  }

  @Deactivate
  void deactivate() {
    try {
      intake.stop();
      if (!calls.drain(Deadline.after(DRAIN))) {
        LOG.warn("CNI calls cut short, their clients will be told to try again");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    threads.shutdownNow();
  }

  @Reference(
      cardinality = ReferenceCardinality.OPTIONAL,
      policy = ReferencePolicy.DYNAMIC,
      policyOption = ReferencePolicyOption.GREEDY)
  void bindAgent(NodeAgent agent) {
    services.agent().bind(agent);
  }

  void unbindAgent(NodeAgent agent) {
    services.agent().unbind(agent);
  }

  @Reference(
      cardinality = ReferenceCardinality.OPTIONAL,
      policy = ReferencePolicy.DYNAMIC,
      policyOption = ReferencePolicyOption.GREEDY)
  void bindPlumber(WorkloadPlumber plumber) {
    services.plumber().bind(plumber);
  }

  void unbindPlumber(WorkloadPlumber plumber) {
    services.plumber().unbind(plumber);
  }

  @Reference(
      cardinality = ReferenceCardinality.OPTIONAL,
      policy = ReferencePolicy.DYNAMIC,
      policyOption = ReferencePolicyOption.GREEDY)
  void bindIpam(Ipam ipam) {
    services.ipam().bind(ipam);
  }

  void unbindIpam(Ipam ipam) {
    services.ipam().unbind(ipam);
  }

  @Reference(
      cardinality = ReferenceCardinality.OPTIONAL,
      policy = ReferencePolicy.DYNAMIC,
      policyOption = ReferencePolicyOption.GREEDY)
  void bindStore(Store store) {
    services.store().bind(store);
  }

  void unbindStore(Store store) {
    services.store().unbind(store);
  }

  @Override
  public List<Health> check() {
    if (intake.problem().isPresent()) {
      return List.of(Health.down(NAME, intake.problem().get()));
    }
    try {
      int waiting = spool.waiting().size();
      return List.of(
          waiting == 0
              ? Health.ok(NAME)
              : Health.degraded(
                  NAME, waiting + " DEL requests wait in " + spool.directory() + "; see the log"));
    } catch (IOException e) {
      return List.of(Health.degraded(NAME, "spool cannot be read: " + e));
    }
  }

  @Override
  public void emit(Sink sink) {
    calls.times().emit(sink);
    sink.gauge("margay_cni_calls_running", Map.of(), calls.running());
    try {
      sink.gauge("margay_cni_spooled_dels", Map.of(), spool.waiting().size());
    } catch (IOException e) {
      LOG.debug("Metric left out: the spool cannot be read, as health says", e);
    }
  }

  @Override
  public Optional<Testimony> lastWord(String network, String handle) {
    return services.words().lastWord(network, handle);
  }

  @Override
  public CommandSpec spec() {
    return CommandSpec.of("cni", "log", "list the last CNI calls with the time of each step")
        .withRows(CallLog.Call.class)
        .withExample("cni:log");
  }

  @Override
  public void run(Invocation invocation, Output output) {
    log.recent().forEach(output::row);
  }

  private Duration callPatience() {
    return Duration.ofSeconds(config.callDeadlineSeconds());
  }

  private Duration delPatience() {
    return Duration.ofSeconds(config.delDeadlineSeconds());
  }

  private static ThreadPoolExecutor threads(int count) {
    AtomicInteger number = new AtomicInteger();
    ThreadFactory factory =
        task -> {
          Thread thread = new Thread(task, "cni-" + number.incrementAndGet());
          thread.setDaemon(true);
          return thread;
        };
    ThreadPoolExecutor threads =
        new ThreadPoolExecutor(
            count, count, 30, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), factory);
    threads.allowCoreThreadTimeOut(true);
    return threads;
  }
}
