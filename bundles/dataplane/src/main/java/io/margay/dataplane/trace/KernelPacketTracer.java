// SPDX-License-Identifier: Apache-2.0
package io.margay.dataplane.trace;

import io.margay.api.dataplane.DataplaneException;
import io.margay.api.dataplane.PacketTracer;
import io.margay.api.dataplane.PacketWatch;
import io.margay.api.dataplane.TraceFlow;
import io.margay.api.dataplane.TracePacket;
import io.margay.api.dataplane.TraceReply;
import io.margay.api.dataplane.TraceReply.Kind;
import io.margay.dataplane.Threads;
import io.margay.netlink.NetlinkException;
import io.margay.netlink.Netns;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;

/** The {@link PacketTracer} over the Linux kernel: bounds how much goes on at a time. */
@Component
public final class KernelPacketTracer implements PacketTracer {
  private static final int SENDERS = 8;
  private static final int WAITING = 64;
  private static final int IDLE_SECONDS = 10;
  private static final int DRAIN_SECONDS = 5;

  private final ThreadPoolExecutor senders;
  private final Watches watches;

  @Activate
  public KernelPacketTracer() {
    this(Threads.OF_PROCESS);
  }

  /** The node is the namespace of the threads that this makes. */
  KernelPacketTracer(Threads threads) {
    AtomicInteger number = new AtomicInteger();
    senders =
        new ThreadPoolExecutor(
            SENDERS,
            SENDERS,
            IDLE_SECONDS,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(WAITING),
            work -> threads.create("trace-" + number.incrementAndGet(), work));
    senders.allowCoreThreadTimeOut(true);
    watches = new Watches(threads);
  }

  /** Ends the watches, and lets packets under way have their answer. */
  @Deactivate
  public void close() throws InterruptedException {
    senders.shutdown();
    watches.close();
    senders.awaitTermination(DRAIN_SECONDS, TimeUnit.SECONDS);
  }

  @Override
  public CompletionStage<TraceReply> send(TracePacket packet) {
    try {
      return CompletableFuture.supplyAsync(() -> sendNow(packet), senders);
    } catch (RejectedExecutionException e) {
      String text = senders.isShutdown() ? "the dataplane has stopped" : "EBUSY: too many packets";
      return CompletableFuture.completedFuture(refused(text));
    }
  }

  private static TraceReply sendNow(TracePacket packet) {
    try (ProbeSockets sockets = open(packet)) {
      return sockets.send(packet);
    } catch (NetlinkException | IOException e) {
      return refused(e.getMessage());
    }
  }

  private static ProbeSockets open(TracePacket packet) throws NetlinkException, IOException {
    if (packet.hostLink().isEmpty()) {
      return ProbeSockets.open(packet.flow(), packet.hopLimit());
    }
    try (Netns pod = PodNamespace.open(packet.hostLink().get())) {
      return pod.call(() -> ProbeSockets.open(packet.flow(), packet.hopLimit()));
    }
  }

  private static TraceReply refused(String detail) {
    return new TraceReply(
        Kind.REFUSED,
        Optional.empty(),
        OptionalInt.empty(),
        OptionalInt.empty(),
        detail,
        Duration.ZERO);
  }

  @Override
  public PacketWatch watch(TraceFlow flow, Duration most) throws DataplaneException {
    return watches.open(flow, most);
  }
}
