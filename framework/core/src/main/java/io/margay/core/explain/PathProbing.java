// SPDX-License-Identifier: Apache-2.0
package io.margay.core.explain;

import io.margay.api.dataplane.DataplaneException;
import io.margay.api.dataplane.PacketTracer;
import io.margay.api.dataplane.PacketWatch;
import io.margay.api.dataplane.TraceFlow;
import io.margay.api.dataplane.TraceFlow.Protocol;
import io.margay.api.dataplane.TracePacket;
import io.margay.api.dataplane.TraceReply;
import io.margay.api.dataplane.TraceReply.Kind;
import io.margay.api.dataplane.WatchReport;
import io.margay.api.dataplane.WatchedPacket;
import io.margay.core.explain.PathAnswer.Probe;
import io.margay.core.explain.PathAnswer.Reply;
import io.margay.core.explain.PathAnswer.Seen;
import java.net.InetAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * What this node does with packets of the flow, and, on the sender's node, the packets themselves.
 * Both nodes begin to watch when they are asked; the sender's waits some more, so that the other
 * one watches already.
 */
final class PathProbing implements AutoCloseable {
  private static final Duration LONGEST_WATCH = Duration.ofSeconds(3);

  /** Between the first small packet and the second, for a node that begins to watch late. */
  private static final Duration SECOND_TRY = Duration.ofMillis(200);

  private static final Duration PATIENCE = Duration.ofMillis(500);

  /** The largest of the small packets; a ping is one, too. */
  private static final int SMALL_BYTES = 128;

  /** For the last packet to be seen by the watch. */
  private static final long AFTER_MILLIS = 50;

  /** What was seen and what came back. */
  record Findings(
      List<Seen> packets, List<String> hints, boolean isWatched, Map<Probe, Reply> replies) {}

  private final PacketTracer tracer;
  private final PathQuestion question;
  private final long startNanos = System.nanoTime();
  private final Optional<PacketWatch> watch;
  private final Optional<String> obstacle;

  /** Begins to watch. */
  PathProbing(PacketTracer tracer, PathQuestion question) {
    this.tracer = tracer;
    this.question = question;
    PacketWatch begun = null;
    String reason = null;
    try {
      begun = tracer.watch(question.flow(), LONGEST_WATCH);
    } catch (DataplaneException e) {
      reason = e.getMessage();
    }
    watch = Optional.ofNullable(begun);
    obstacle = Optional.ofNullable(reason);
  }

  /** On the sender's node: sends, and returns when all has come back or nothing will. */
  Findings send(Optional<String> podLink, int linkMtuBytes) throws InterruptedException {
    sleepUntil(question.headStart());
    TraceFlow echo = TraceFlow.icmp(question.flow().from(), question.flow().to());
    Map<Probe, List<CompletionStage<Reply>>> sent = new EnumMap<>(Probe.class);
    // Twice: a packet may be lost on a network that is well.
    CompletionStage<Reply> first = send(question.flow(), podLink, 0);
    if (question.flow().protocol() != Protocol.ICMP) {
      sent.put(Probe.ECHO, List.of(send(echo, podLink, 0)));
    }
    sent.put(
        Probe.FULL, List.of(send(echo, podLink, linkMtuBytes), send(echo, podLink, linkMtuBytes)));
    if (question.from().underlay().isPresent() && question.to().underlay().isPresent()) {
      TraceFlow nodes =
          TraceFlow.icmp(question.from().underlay().get(), question.to().underlay().get());
      sent.put(Probe.UNDERLAY, List.of(send(nodes, Optional.empty(), 0)));
    }
    sleepUntil(question.headStart().plus(SECOND_TRY));
    sent.put(Probe.SMALL, List.of(first, send(question.flow(), podLink, 0)));
    Map<Probe, Reply> replies = new EnumMap<>(Probe.class);
    for (Map.Entry<Probe, List<CompletionStage<Reply>>> probe : sent.entrySet()) {
      replies.put(probe.getKey(), best(probe.getKey(), probe.getValue()));
    }
    TimeUnit.MILLISECONDS.sleep(AFTER_MILLIS);
    return findings(replies);
  }

  /** On the receiver's node: watches as long as the sender's sends. */
  Findings watch() throws InterruptedException {
    sleepUntil(question.headStart().plus(SECOND_TRY).plus(PATIENCE).plusMillis(2 * AFTER_MILLIS));
    return findings(Map.of());
  }

  @Override
  public void close() {
    watch.ifPresent(PacketWatch::close);
  }

  private CompletionStage<Reply> send(TraceFlow flow, Optional<String> podLink, int sizeBytes) {
    TracePacket packet = TracePacket.of(flow).withSizeBytes(sizeBytes).withTimeout(PATIENCE);
    CompletionStage<TraceReply> reply = tracer.send(podLink.map(packet::fromPod).orElse(packet));
    return reply.thenApply(r -> Reply.of(r, sizeBytes));
  }

  private Reply best(Probe probe, List<CompletionStage<Reply>> stages) throws InterruptedException {
    InetAddress target =
        probe == Probe.UNDERLAY ? question.to().underlay().orElseThrow() : question.flow().to();
    List<Reply> replies = new ArrayList<>();
    for (CompletionStage<Reply> stage : stages) {
      replies.add(reply(stage));
    }
    return replies.stream()
        .filter(r -> r.isReached(target))
        .findFirst()
        .or(() -> replies.stream().filter(r -> r.kind() != Kind.NOTHING).findFirst())
        .orElse(replies.get(0));
  }

  private static Reply reply(CompletionStage<Reply> stage) throws InterruptedException {
    CompletableFuture<Reply> future = stage.toCompletableFuture();
    try {
      return future.get(2 * PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException | ExecutionException e) {
      return new Reply(Kind.REFUSED, Optional.empty(), "not sent: " + e, 0);
    }
  }

  private Findings findings(Map<Probe, Reply> replies) throws InterruptedException {
    if (watch.isEmpty()) {
      return new Findings(List.of(), List.of(obstacle.orElse("not watched")), false, replies);
    }
    WatchReport report;
    try {
      report =
          watch.get().stop().toCompletableFuture().get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException | ExecutionException e) {
      return new Findings(List.of(), List.of("the watch did not end: " + e), false, replies);
    }
    List<String> hints = new ArrayList<>(report.legacyDrops());
    report.losses().forEach((name, count) -> hints.add(name + " rose by " + count));
    report.obstacle().ifPresent(hints::add);
    return new Findings(
        report.packets().stream().filter(this::isOfInterest).map(Seen::of).toList(),
        hints,
        report.obstacle().isEmpty(),
        replies);
  }

  /** Not the large packets, which may be lost by right, and not what routers say. */
  private boolean isOfInterest(WatchedPacket packet) {
    return packet.sizeBytes() <= SMALL_BYTES
        && (!packet.isError() || packet.from().equals(question.flow().to()));
  }

  private void sleepUntil(Duration afterStart) throws InterruptedException {
    long left = startNanos + afterStart.toNanos() - System.nanoTime();
    if (left > 0) {
      TimeUnit.NANOSECONDS.sleep(left);
    }
  }
}
