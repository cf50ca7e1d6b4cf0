// SPDX-License-Identifier: Apache-2.0
package io.margay.metrics;

import io.margay.api.health.Health;
import io.margay.api.health.HealthCheck;
import io.margay.api.health.MetricSource;
import io.margay.api.node.NodeAgent;
import io.margay.api.store.Store;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Asks all sources and checks. Made when first asked, so that nobody pays who does not ask. */
@Component(service = Collector.class)
public final class Collector {
  private static final Logger LOG = LoggerFactory.getLogger(Collector.class);

  @Reference(policy = ReferencePolicy.DYNAMIC)
  private volatile List<MetricSource> sources = List.of();

  @Reference(policy = ReferencePolicy.DYNAMIC, target = "(!(component.name=io.margay.metrics.*))")
  private volatile List<HealthCheck> checks = List.of();

  @Reference(cardinality = ReferenceCardinality.OPTIONAL, policy = ReferencePolicy.DYNAMIC)
  private volatile NodeAgent agent;

  @Reference(cardinality = ReferenceCardinality.OPTIONAL, policy = ReferencePolicy.DYNAMIC)
  private volatile Store store;

  @Activate
  public Collector() {}

  /** All that the sources say, and how the node is. */
  void collect(MetricSource.Sink sink) {
    for (MetricSource source : sources) {
      try {
        source.emit(sink);
      } catch (RuntimeException e) {
        // A vendor's bug: the others are still to be heard.
        LOG.warn("Metrics left out source={}", source.getClass().getName(), e);
      }
    }
    NodeAgent now = agent;
    if (now != null) {
      sink.gauge("margay_node_info", Map.of("node", now.nodeName()), 1);
      sink.gauge("margay_node_ready", Map.of(), now.notReady().isEmpty() ? 1 : 0);
    }
    Map<String, Integer> worst = new TreeMap<>();
    for (Health health : Probes.findings(checks)) {
      worst.merge(health.name(), health.status().ordinal(), Math::max);
    }
    worst.forEach(
        (check, status) -> sink.gauge("margay_health_status", Map.of("check", check), status));
  }

  Probes.Answer live() {
    return Probes.live(Optional.ofNullable(agent), checks);
  }

  Probes.Answer ready() {
    return Probes.ready(Optional.ofNullable(agent), Optional.ofNullable(store), checks);
  }
}
