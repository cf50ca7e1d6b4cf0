// SPDX-License-Identifier: Apache-2.0
package io.margay.core;

import java.time.Duration;
import java.util.function.Supplier;

/** Runs a task on the agent thread soon after it is asked for, but not too often. */
final class Throttle {
  private final AgentThread agent;
  private final Supplier<Duration> interval;
  private final Runnable task;
  private boolean isScheduled;
  private boolean hasRun;
  private long lastNanos;

  /**
   * A throttled task.
   *
   * @param interval least time from one run to the next; the first runs at once
   */
  Throttle(AgentThread agent, Supplier<Duration> interval, Runnable task) {
    this.agent = agent;
    this.interval = interval;
    this.task = task;
  }

  /** Asks for a run; on the agent thread only. Several before the next run are one. */
  void request() {
    if (isScheduled) {
      return;
    }
    isScheduled = true;
    long sinceNanos = agent.nanoTime() - lastNanos;
    Duration rest = hasRun ? interval.get().minusNanos(sinceNanos) : Duration.ZERO;
    if (rest.isNegative() || rest.isZero()) {
      agent.execute(this::run);
    } else {
      agent.after(rest, this::run);
    }
  }

  private void run() {
    isScheduled = false;
    hasRun = true;
    lastNanos = agent.nanoTime();
    task.run();
  }
}
