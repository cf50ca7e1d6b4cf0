// SPDX-License-Identifier: Apache-2.0
package io.margay.dataplane.trace;

import static java.util.concurrent.TimeUnit.NANOSECONDS;
import static java.util.concurrent.TimeUnit.SECONDS;

import io.margay.api.dataplane.DataplaneException;
import io.margay.api.dataplane.PacketWatch;
import io.margay.api.dataplane.TraceFlow;
import io.margay.dataplane.Threads;
import io.margay.netlink.NetlinkException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The watches under way. All of them begin and end on one thread, which lives in the node's network
 * namespace; in between the kernel alone works.
 */
final class Watches {
  private static final Logger LOG = LoggerFactory.getLogger(Watches.class);
  private static final int MOST = 4;
  private static final Duration LONGEST = Duration.ofSeconds(30);
  private static final int DRAIN_SECONDS = 5;

  private final ScheduledThreadPoolExecutor thread;

  /** Only of the thread. */
  private final List<Watch> open = new ArrayList<>();

  /** Only of the thread: none opens any more. */
  private boolean isClosed;

  Watches(Threads threads) {
    thread = new ScheduledThreadPoolExecutor(1, work -> threads.create("trace-watch", work));
    thread.setRemoveOnCancelPolicy(true);
    thread.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
    thread.execute(Watches::sweep);
  }

  private static void sweep() {
    try {
      TraceTable.sweep();
    } catch (NetlinkException e) {
      LOG.debug("No tables of an earlier process were looked for: {}", e.getMessage());
    }
  }

  PacketWatch open(TraceFlow flow, Duration most) throws DataplaneException {
    if (most.isNegative() || most.compareTo(LONGEST) > 0) {
      throw new IllegalArgumentException("most: " + most + " (expected: 0 to " + LONGEST + ")");
    }
    try {
      return thread.submit(() -> openNow(flow, most)).get();
    } catch (RejectedExecutionException e) {
      throw new DataplaneException("watch " + flow + ": the dataplane has stopped", "", e);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof DataplaneException refusal) {
        throw refusal;
      }
      throw new IllegalStateException("watch " + flow, e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new DataplaneException("watch " + flow + ": interrupted", "EINTR", e);
    }
  }

  private PacketWatch openNow(TraceFlow flow, Duration most) throws DataplaneException {
    if (isClosed) {
      throw new DataplaneException("watch " + flow + ": the dataplane has stopped", "");
    }
    if (open.size() == MOST) {
      throw new DataplaneException("watch " + flow + ": EBUSY (" + MOST + " under way)", "EBUSY");
    }
    Watch watch = new Watch(flow, this::end);
    open.add(watch);
    Future<?> timer = thread.schedule(() -> endNow(watch), most.toNanos(), NANOSECONDS);
    watch.report().whenComplete((report, failure) -> timer.cancel(false));
    return watch;
  }

  /** Ends it soon, on the thread. */
  private void end(Watch watch) {
    try {
      thread.execute(() -> endNow(watch));
    } catch (RejectedExecutionException e) {
      LOG.debug("The watch of {} ends with the dataplane", watch);
    }
  }

  private void endNow(Watch watch) {
    if (open.remove(watch)) {
      try {
        watch.finish();
      } catch (RuntimeException e) {
        LOG.error("The watch of {} failed", watch, e);
        watch.fail(e);
      }
    }
  }

  private void closeNow() {
    isClosed = true;
    List.copyOf(open).forEach(this::endNow);
  }

  /** Ends all of them. */
  void close() throws InterruptedException {
    try {
      thread.submit(this::closeNow).get(DRAIN_SECONDS, SECONDS);
    } catch (ExecutionException e) {
      throw new IllegalStateException("end watches", e.getCause());
    } catch (TimeoutException e) {
      LOG.warn("A watch of packets does not end; its table goes with the process");
    }
    thread.shutdown();
  }
}
