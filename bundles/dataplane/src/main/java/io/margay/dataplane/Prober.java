// SPDX-License-Identifier: Apache-2.0
package io.margay.dataplane;

import io.margay.api.dataplane.Probe;
import io.margay.api.dataplane.ProbeResult;
import io.margay.api.net.IpFamily;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** Sends probes, some at a time; more wait for their turn. */
final class Prober implements AutoCloseable {
  private static final int THREADS = 16;
  private static final int IDLE_SECONDS = 10;

  private final ThreadPoolExecutor threads;

  Prober(Threads factory) {
    AtomicInteger number = new AtomicInteger();
    threads =
        new ThreadPoolExecutor(
            THREADS,
            THREADS,
            IDLE_SECONDS,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(),
            work -> factory.create("probe-" + number.incrementAndGet(), work));
    threads.allowCoreThreadTimeOut(true);
  }

  CompletableFuture<ProbeResult> probe(Probe probe) {
    if (IpFamily.of(probe.from()) != IpFamily.of(probe.to())) {
      return CompletableFuture.completedFuture(failed("the addresses are of two families"));
    }
    try {
      return CompletableFuture.supplyAsync(() -> send(probe), threads);
    } catch (RejectedExecutionException e) {
      return CompletableFuture.completedFuture(failed("the dataplane has stopped"));
    }
  }

  private static ProbeResult send(Probe probe) {
    try {
      return probe.protocol() == Probe.Protocol.UDP ? DatagramProbe.send(probe) : echo(probe);
    } catch (IOException e) {
      return failed(e.getMessage());
    }
  }

  private static ProbeResult echo(Probe probe) throws IOException {
    try (EchoSocket socket = EchoSocket.open(probe.from(), probe.to())) {
      return socket.echo(probe);
    }
  }

  private static ProbeResult failed(String detail) {
    return new ProbeResult(false, Duration.ZERO, detail);
  }

  @Override
  public void close() {
    threads.shutdown();
  }
}
