// SPDX-License-Identifier: Apache-2.0
package io.margay.core.swap;

import io.margay.api.health.MetricSource;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/** Metrics of bundles: how many are in which state, and what became of attempts to change them. */
@Component
public final class SwapMetrics implements MetricSource {
  private static final Map<Integer, String> STATES =
      Map.of(
          Bundle.INSTALLED, "installed",
          Bundle.RESOLVED, "resolved",
          Bundle.STARTING, "starting",
          Bundle.STOPPING, "stopping",
          Bundle.ACTIVE, "active");

  private final BundleContext context;
  private final Deployment deployment;

  @Activate
  public SwapMetrics(BundleContext context, @Reference Deployment deployment) {
    this.context = context;
    this.deployment = deployment;
  }

  @Override
  public void emit(Sink sink) {
    Map<String, Integer> bundles = new TreeMap<>();
    STATES.values().forEach(state -> bundles.put(state, 0));
    for (Bundle bundle : context.getBundles()) {
      bundles.merge(STATES.getOrDefault(bundle.getState(), "installed"), 1, Integer::sum);
    }
    bundles.forEach((state, count) -> sink.gauge("margay_bundles", Map.of("state", state), count));
    for (SwapRecord.Outcome outcome : SwapRecord.Outcome.values()) {
      sink.gauge(
          "margay_bundle_changes_total",
          Map.of("outcome", outcome.name().toLowerCase(Locale.ROOT)),
          deployment.count(outcome));
    }
  }
}
