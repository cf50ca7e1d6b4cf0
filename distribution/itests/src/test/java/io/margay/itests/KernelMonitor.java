// SPDX-License-Identifier: Apache-2.0
package io.margay.itests;

import java.io.IOException;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * Every change of a node's links, addresses, routes, rules and neighbours, by {@code ip monitor}.
 */
final class KernelMonitor implements AutoCloseable {
  /** What the kernel learns by itself about the nodes beside is no change of ours. */
  private static final List<String> LEARNED =
      List.of(" REACHABLE", " STALE", " DELAY", " PROBE", " INCOMPLETE", " FAILED");

  /** A route that nobody uses (RFC 5737): its event proves that all events before were seen. */
  private static final String MARK = "203.0.113.";

  private final String netns;
  private final Process process;
  private final List<String> lines = new CopyOnWriteArrayList<>();
  private int marks;

  KernelMonitor(String netns) throws IOException {
    this.netns = netns;
    process =
        new ProcessBuilder("ip", "-n", netns, "-o", "monitor", "all", "label")
            .redirectErrorStream(true)
            .start();
    Thread reader = new Thread(() -> process.inputReader().lines().forEach(lines::add));
    reader.setDaemon(true);
    reader.start();
    // It does not say when it has subscribed.
    Lab.await("ip monitor of " + netns + " sees changes: " + lines, this::markIsSeen);
  }

  /** Changes that somebody made since the start. */
  List<String> changes() {
    Lab.await("ip monitor of " + netns + " sees the last change", this::markIsSeen);
    return lines.stream()
        .filter(line -> !line.contains(MARK))
        .filter(line -> !line.startsWith("[NEIGH]") || LEARNED.stream().noneMatch(line::contains))
        .toList();
  }

  /**
   * Those of routes that the kernel did not make by itself, as it does when a link-local address
   * turns out to be nobody else's, seconds after its link has come.
   */
  List<String> routeChanges() {
    return changes().stream()
        .filter(line -> line.startsWith("[ROUTE]") && !line.contains(" proto kernel "))
        .toList();
  }

  private boolean markIsSeen() {
    String mark = MARK + ++marks;
    Shell.run("ip", "-n", netns, "route", "add", "blackhole", mark).orFail();
    Shell.run("ip", "-n", netns, "route", "delete", "blackhole", mark).orFail();
    return lines.stream().anyMatch(line -> line.contains(mark + " "));
  }

  @Override
  public void close() {
    process.destroy();
  }
}
