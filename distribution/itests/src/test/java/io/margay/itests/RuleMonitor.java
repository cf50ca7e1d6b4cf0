// SPDX-License-Identifier: Apache-2.0
package io.margay.itests;

import java.io.IOException;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** Every change of a node's nftables, by {@code nft monitor}. */
final class RuleMonitor implements AutoCloseable {
  /** A table that nobody uses: its event proves that all events before were seen. */
  private static final String MARK = "itests-mark-";

  private final NodeKernel kernel;
  private final Process process;
  private final List<String> lines = new CopyOnWriteArrayList<>();
  private int marks;

  RuleMonitor(NodeKernel kernel) throws IOException {
    this.kernel = kernel;
    process =
        new ProcessBuilder("nsenter", "--net=/run/netns/" + kernel.netns(), "nft", "monitor")
            .redirectErrorStream(true)
            .start();
    Thread reader = new Thread(() -> process.inputReader().lines().forEach(lines::add));
    reader.setDaemon(true);
    reader.start();
    // It does not say when it has subscribed.
    Lab.await("nft monitor sees changes: " + lines, this::markIsSeen);
    lines.clear();
  }

  /** Changes that somebody made since the start or the last call. */
  List<String> takeChanges() {
    Lab.await("nft monitor sees the last change", this::markIsSeen);
    List<String> changes =
        lines.stream().filter(l -> !l.contains(MARK) && !l.startsWith("#")).toList();
    lines.clear();
    return changes;
  }

  private boolean markIsSeen() {
    String mark = MARK + ++marks;
    kernel.nft("add", "table", "ip", mark);
    kernel.nft("delete", "table", "ip", mark);
    return lines.stream().anyMatch(line -> line.equals("delete table ip " + mark));
  }

  @Override
  public void close() {
    process.destroy();
  }
}
