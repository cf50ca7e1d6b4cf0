// SPDX-License-Identifier: Apache-2.0
package io.margay.core;

import io.margay.api.dataplane.Change;
import io.margay.api.dataplane.Dataplane;
import io.margay.api.dataplane.WorkloadPlumber;
import io.margay.api.health.Health;
import io.margay.api.health.HealthCheck;
import io.margay.api.health.MetricSource;
import io.margay.api.ipam.Ipam;
import io.margay.api.mode.RoutingMode;
import io.margay.api.net.Cidr;
import io.margay.api.net.IpFamily;
import io.margay.api.node.NodeAgent;
import io.margay.api.node.NodeFiles;
import io.margay.api.node.NodeProperties;
import io.margay.api.resource.WorkloadEndpoint;
import io.margay.api.sharing.RouteSharing;
import io.margay.api.store.Store;
import io.margay.core.node.DetectionMethod;
import io.margay.core.query.QueryResponder;
import io.margay.core.view.ClusterView;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletionStage;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.Constants;
import org.osgi.framework.ServiceReference;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
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
 * The agent of this node. Store, dataplane and modes may come and go while it runs; it removes
 * nothing because one of them is away.
 */
@Component(
    service = {NodeAgent.class, HealthCheck.class, MetricSource.class, ModeGate.class},
    immediate = true,
    configurationPid = Agent.PID)
@Designate(ocd = Agent.Config.class)
public final class Agent implements NodeAgent, HealthCheck, MetricSource, ModeGate {
  static final String PID = "io.margay.core";

  /** Values of {@link Config#rpFilter}, spelled as in the file. */
  public enum RpFilter {
    manage,
    leave
  }

  /** Node-local settings of the agent. */
  @ObjectClassDefinition(name = "Margay agent", description = "How this node finds its addresses")
  public @interface Config {
    @AttributeDefinition(
        description =
            "How to find the node's IPv4 address: first-found, interface=REGEX,"
                + " skip-interface=REGEX, cidr=CIDR, can-reach=ADDRESS, or none")
    String ipAutodetection() default "first-found";

    @AttributeDefinition(description = "The same for IPv6")
    String ip6Autodetection() default "first-found";

    @AttributeDefinition(
        description =
            "Candidates for the default IPv4 pool of a new cluster; the first is taken that"
                + " collides with no interface of the node")
    String defaultPoolCidrs() default "192.168.0.0/16,10.244.0.0/16";

    @AttributeDefinition(
        description = "How long a mode may plan before health names its bundle, in milliseconds",
        min = "10",
        max = "600000")
    int planDeadlineMillis() default 2000;

    @AttributeDefinition(
        description =
            "Who sets rp_filter of uplinks and of all: manage (Margay, so that a change of modes"
                + " loses no packet) or leave")
    RpFilter rpFilter() default RpFilter.manage;
  }

  private static final Logger LOG = LoggerFactory.getLogger(Agent.class);

  private final String node;
  private final long startedMillis;
  private final ReadyFile readyFile;
  private final AgentThreads threads;
  private final Coordinator coordinator;
  private final RouteExchange exchange;
  private final ModeIntroductions introductions;

  @Activate
  public Agent(BundleContext context, Config config, @Reference RouteExchange exchange)
      throws IOException {
    this.exchange = exchange;
    node = property(context, NodeProperties.NODE);
    startedMillis = Long.parseLong(property(context, NodeProperties.STARTED));
    readyFile =
        new ReadyFile(new NodeFiles(Path.of(property(context, NodeProperties.STATE))).run());
    readyFile.delete();
    AgentSettings settings = settings(node, config);
    threads = new AgentThreads();
    coordinator =
        new Coordinator(
            settings,
            threads,
            threads.io(),
            new HostSysctls(config.rpFilter() == RpFilter.manage),
            AgentThreads::planThread,
            this::ready);
    introductions = new ModeIntroductions(coordinator);
    exchange.open(
        source -> coordinator.learned(source, () -> exchange.latest(source)),
        coordinator::forget,
        coordinator.routeSources());
  }

  /** Ends the threads; work in flight gets 5 seconds. The kernel stays as it is. */
  @Deactivate
  void stop() throws IOException {
    exchange.close();
    threads.stop(coordinator::close, Duration.ofSeconds(5));
    readyFile.delete(); // Last: writing it may have been under way.
  }

  @Reference(
      cardinality = ReferenceCardinality.OPTIONAL,
      policy = ReferencePolicy.DYNAMIC,
      policyOption = ReferencePolicyOption.GREEDY)
  void bindStore(Store service) {
    coordinator.bindStore(service);
  }

  void unbindStore(Store service) {
    coordinator.unbindStore(service);
  }

  @Reference(
      cardinality = ReferenceCardinality.OPTIONAL,
      policy = ReferencePolicy.DYNAMIC,
      policyOption = ReferencePolicyOption.GREEDY)
  void bindDataplane(Dataplane service) {
    coordinator.bindDataplane(service);
  }

  void unbindDataplane(Dataplane service) {
    coordinator.unbindDataplane(service);
  }

  @Reference(
      cardinality = ReferenceCardinality.OPTIONAL,
      policy = ReferencePolicy.DYNAMIC,
      policyOption = ReferencePolicyOption.GREEDY)
  void bindIpam(Ipam service) {
    coordinator.bindIpam(service);
  }

  void unbindIpam(Ipam service) {
    coordinator.unbindIpam(service);
  }

  @Reference(
      cardinality = ReferenceCardinality.OPTIONAL,
      policy = ReferencePolicy.DYNAMIC,
      policyOption = ReferencePolicyOption.GREEDY)
  void bindPlumber(WorkloadPlumber service) {
    coordinator.bindPlumber(service);
  }

  void unbindPlumber(WorkloadPlumber service) {
    coordinator.unbindPlumber(service);
  }

  @Reference(cardinality = ReferenceCardinality.MULTIPLE, policy = ReferencePolicy.DYNAMIC)
  void bindVerb(QueryResponder.Verb verb) {
    coordinator.bindVerb(verb);
  }

  void unbindVerb(QueryResponder.Verb verb) {
    coordinator.unbindVerb(verb);
  }

  @Reference(cardinality = ReferenceCardinality.MULTIPLE, policy = ReferencePolicy.DYNAMIC)
  void bindMode(RoutingMode mode, ServiceReference<RoutingMode> reference) {
    Bundle bundle = reference.getBundle();
    introductions.bind(id(reference), mode, bundle);
  }

  void unbindMode(ServiceReference<RoutingMode> reference) {
    introductions.unbind(id(reference));
  }

  @Reference(cardinality = ReferenceCardinality.MULTIPLE, policy = ReferencePolicy.DYNAMIC)
  void bindSharing(RouteSharing service, ServiceReference<RouteSharing> reference) {
    coordinator.bindSharing(id(reference), service);
  }

  void unbindSharing(ServiceReference<RouteSharing> reference) {
    coordinator.unbindSharing(id(reference));
  }

  @Override
  public String nodeName() {
    return node;
  }

  @Override
  public Optional<String> notReady() {
    return coordinator.latest().notReady();
  }

  @Override
  public Optional<String> podsAtRisk() {
    return coordinator.latest().podsAtRisk();
  }

  @Override
  public int podMtuBytes() {
    return coordinator.latest().podMtuBytes();
  }

  @Override
  public String interfacePrefix() {
    return coordinator.latest().interfacePrefix();
  }

  @Override
  public CompletionStage<Void> wire(String handle, WorkloadEndpoint endpoint) {
    return coordinator.wire(handle, endpoint);
  }

  @Override
  public CompletionStage<List<String>> differences(String handle, WorkloadEndpoint endpoint) {
    return coordinator.differences(handle, endpoint);
  }

  @Override
  public void unwire(String handle) {
    coordinator.unwire(handle);
  }

  @Override
  public CompletionStage<List<ModeState>> modes() {
    return coordinator.modes();
  }

  @Override
  public CompletionStage<List<Change>> rehearseModes(long bundle) {
    return coordinator.rehearseModes(bundle);
  }

  @Override
  public CompletionStage<Void> adoptModes(long bundle) {
    return coordinator.adoptModes(bundle);
  }

  @Override
  public void preferMode(String mode, String bundleName) {
    coordinator.preferMode(mode, bundleName);
  }

  @Override
  public List<Health> check() {
    List<Health> health = new ArrayList<>(coordinator.latest().health());
    introductions.faults().forEach(f -> health.add(Health.degraded("modes", f)));
    return health;
  }

  @Override
  public void emit(Sink sink) {
    coordinator.latest().gauges().forEach(g -> sink.gauge(g.name(), g.labels(), g.value()));
  }

  private void ready(ClusterView view) {
    LOG.info(
        "Agent ready node={} address={} pools={} millis={}",
        node,
        view.own().map(n -> new TreeMap<>(n.addresses()).values().toString()).orElse("none"),
        new TreeSet<>(view.pools().keySet()),
        System.currentTimeMillis() - startedMillis);
    threads
        .io()
        .execute(
            () -> {
              try {
                readyFile.write();
              } catch (IOException e) {
                LOG.warn("Ready file not written", e);
              }
            });
  }

  /** Reads the configuration; the message of a refusal names key, value and what is allowed. */
  private static AgentSettings settings(String node, Config config) {
    return new AgentSettings(
        node,
        Map.of(
            IpFamily.IPV4, method("ipAutodetection", config.ipAutodetection()),
            IpFamily.IPV6, method("ip6Autodetection", config.ip6Autodetection())),
        pools(config.defaultPoolCidrs()),
        Duration.ofMillis(config.planDeadlineMillis()));
  }

  private static DetectionMethod method(String key, String text) {
    try {
      return DetectionMethod.parse(text.strip());
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(PID + ".cfg: " + key + ": " + e.getMessage(), e);
    }
  }

  private static List<Cidr> pools(String text) {
    try {
      return Arrays.stream(text.split(","))
          .map(String::strip)
          .filter(s -> !s.isEmpty())
          .map(Cidr::parse)
          .toList();
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(PID + ".cfg: defaultPoolCidrs: " + e.getMessage(), e);
    }
  }

  private static long id(ServiceReference<?> reference) {
    return (Long) reference.getProperty(Constants.SERVICE_ID);
  }

  private static String property(BundleContext context, String name) {
    String value = context.getProperty(name);
    if (value == null || value.isEmpty()) {
      throw new IllegalStateException(name + ": missing (expected: set by the launcher)");
    }
    return value;
  }
}
