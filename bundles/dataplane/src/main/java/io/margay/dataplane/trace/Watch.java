// SPDX-License-Identifier: Apache-2.0
package io.margay.dataplane.trace;

import io.margay.api.dataplane.PacketWatch;
import io.margay.api.dataplane.TraceFlow;
import io.margay.api.dataplane.WatchReport;
import io.margay.api.dataplane.WatchedPacket;
import io.margay.netlink.LinkMessage;
import io.margay.netlink.NetlinkException;
import io.margay.netlink.NetlinkSocket;
import io.margay.netlink.NftTrace;
import io.margay.netlink.NftTraceSocket;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;

/**
 * One watch: counters before, the table that marks packets, the socket that collects. Made and
 * finished on the thread of {@link Watches}.
 */
final class Watch implements PacketWatch {
  private final TraceFlow flow;
  private final Consumer<Watch> end;
  private final CompletableFuture<WatchReport> report = new CompletableFuture<>();

  /** Why something could not be watched; empty when all could. */
  private final List<String> obstacles = new ArrayList<>();

  private final Optional<KernelCounters> counters;
  private final Optional<LegacyTables> legacy;
  private Optional<NftTraceSocket> traces = Optional.empty();
  private Optional<TraceTable> table = Optional.empty();

  @FunctionalInterface
  private interface Reading<T> {
    T read() throws IOException;
  }

  /**
   * @param end asks for {@link #finish} on the thread
   */
  Watch(TraceFlow flow, Consumer<Watch> end) {
    this.flow = flow;
    this.end = end;
    counters = read(KernelCounters::read);
    legacy = read(LegacyTables::read);
    try {
      traces = Optional.of(NftTraceSocket.open());
      table = Optional.of(TraceTable.open(flow));
    } catch (NetlinkException e) {
      obstacles.add("this kernel does not trace: " + e.getMessage());
    }
  }

  private <T> Optional<T> read(Reading<T> reading) {
    try {
      return Optional.of(reading.read());
    } catch (IOException e) {
      obstacles.add(e.getMessage());
      return Optional.empty();
    }
  }

  @Override
  public CompletionStage<WatchReport> stop() {
    end.accept(this);
    return report();
  }

  @Override
  public CompletionStage<WatchReport> report() {
    return report.minimalCompletionStage();
  }

  /** Removes all of it from the kernel, and reports. */
  void finish() {
    List<WatchedPacket> packets = new ArrayList<>();
    try {
      if (table.isPresent()) {
        packets.addAll(packets(table.get(), traces.orElseThrow()));
      }
    } catch (NetlinkException e) {
      obstacles.add(e.getMessage());
    } finally {
      table.ifPresent(TraceTable::close);
      traces.ifPresent(NftTraceSocket::close);
    }
    Map<String, Long> risen = new HashMap<>();
    counters.ifPresent(
        before -> read(KernelCounters::read).ifPresent(now -> risen.putAll(now.since(before))));
    List<String> drops = new ArrayList<>();
    legacy.ifPresent(
        before -> read(LegacyTables::read).ifPresent(now -> drops.addAll(now.since(before))));
    Optional<String> obstacle =
        obstacles.isEmpty() ? Optional.empty() : Optional.of(String.join("; ", obstacles));
    WatchReport result = new WatchReport(packets, risen, drops, obstacle);
    // Whoever waits for it may want the next watch, which needs this thread.
    report.completeAsync(() -> result);
  }

  /** Reports that it came to nothing. */
  void fail(RuntimeException e) {
    report.complete(new WatchReport(List.of(), Map.of(), List.of(), Optional.of(e.toString())));
  }

  private List<WatchedPacket> packets(TraceTable from, NftTraceSocket messages)
      throws NetlinkException {
    RuleBook rules = new RuleBook(from.socket());
    Journeys journeys = new Journeys(from.name(), rules::text);
    for (NftTrace message : messages.drain()) {
      journeys.add(message);
    }
    if (messages.isOverrun()) {
      obstacles.add("some messages were lost: too many packets are traced");
    }
    Map<Integer, String> links = new HashMap<>();
    try (NetlinkSocket node = NetlinkSocket.open()) {
      for (LinkMessage link : node.links()) {
        links.put(link.index(), link.name());
      }
    }
    return journeys.all().stream()
        .map(journey -> journey.packet(flow, i -> links.getOrDefault(i, "if" + i)))
        .toList();
  }

  @Override
  public String toString() {
    return flow.toString();
  }
}
