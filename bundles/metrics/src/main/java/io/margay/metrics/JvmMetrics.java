// SPDX-License-Identifier: Apache-2.0
package io.margay.metrics;

import io.margay.api.health.MetricSource;
import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.util.Map;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;

/** The agent's own process: memory, threads, classes, collections. */
@Component
public final class JvmMetrics implements MetricSource {
  @Activate
  public JvmMetrics() {}

  @Override
  public void emit(Sink sink) {
    for (MemoryPoolMXBean pool : ManagementFactory.getMemoryPoolMXBeans()) {
      Map<String, String> labels = Map.of("pool", pool.getName());
      sink.gauge("margay_jvm_memory_used_bytes", labels, pool.getUsage().getUsed());
      sink.gauge("margay_jvm_memory_committed_bytes", labels, pool.getUsage().getCommitted());
    }
    for (GarbageCollectorMXBean collector : ManagementFactory.getGarbageCollectorMXBeans()) {
      Map<String, String> labels = Map.of("collector", collector.getName());
      sink.gauge("margay_jvm_gc_total", labels, collector.getCollectionCount());
      sink.gauge("margay_jvm_gc_seconds_total", labels, collector.getCollectionTime() / 1000.0);
    }
    sink.gauge(
        "margay_jvm_threads", Map.of(), ManagementFactory.getThreadMXBean().getThreadCount());
    sink.gauge(
        "margay_jvm_classes",
        Map.of(),
        ManagementFactory.getClassLoadingMXBean().getLoadedClassCount());
    sink.gauge(
        "margay_agent_uptime_seconds",
        Map.of(),
        ManagementFactory.getRuntimeMXBean().getUptime() / 1000.0);
  }
}
