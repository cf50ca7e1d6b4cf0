// SPDX-License-Identifier: Apache-2.0
package io.margay.metrics;

import io.margay.api.health.MetricSource;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;

/** The agent's own process: memory, threads, classes, collections. */
@Component
public final class JvmMetrics implements MetricSource {
  /** USER_HZ, which is 100 on all that Linux runs Java on. */
  private static final double TICKS_PER_SECOND = 100;

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
    emitProcess(sink);
  }

  /** What the kernel says of the process. proc(5): stat in ticks of 10 ms, VmRSS in KiB. */
  private static void emitProcess(Sink sink) {
    try {
      String stat = Files.readString(Path.of("/proc/self/stat"));
      String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
      double ticks = Double.parseDouble(fields[11]) + Double.parseDouble(fields[12]);
      sink.gauge("margay_process_cpu_seconds_total", Map.of(), ticks / TICKS_PER_SECOND);
      for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
        if (line.startsWith("VmRSS:")) {
          long kibibytes = Long.parseLong(line.replaceAll("\\D", ""));
          sink.gauge("margay_process_resident_memory_bytes", Map.of(), kibibytes * 1024);
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
