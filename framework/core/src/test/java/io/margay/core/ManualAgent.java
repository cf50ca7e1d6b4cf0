// SPDX-License-Identifier: Apache-2.0
package io.margay.core;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.PriorityQueue;
import java.util.concurrent.AbstractExecutorService;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.TimeUnit;

/** An agent thread, an I/O thread and plan threads that run when the test says so. */
final class ManualAgent implements AgentThread {
  private record Timer(long dueNanos, long sequence, Runnable task) {}

  private final Deque<Runnable> tasks = new ArrayDeque<>();
  private final PriorityQueue<Timer> timers =
      new PriorityQueue<>(
          Comparator.comparingLong(Timer::dueNanos).thenComparingLong(Timer::sequence));
  private final Deque<Runnable> plans = new ArrayDeque<>();
  private long nowNanos;
  private long sequence;
  private boolean holdsPlans;

  @Override
  public void execute(Runnable task) {
    tasks.add(task);
  }

  @Override
  public void after(Duration delay, Runnable task) {
    timers.add(new Timer(nowNanos + delay.toNanos(), sequence++, task));
  }

  @Override
  public long nanoTime() {
    return nowNanos;
  }

  /** I/O runs in the same queue: later, and one after the other. */
  Executor io() {
    return tasks::add;
  }

  /** From now on plans are only run by {@link #runPlan}. */
  void holdPlans(boolean hold) {
    holdsPlans = hold;
    if (!hold) {
      plans.forEach(tasks::add);
      plans.clear();
    }
  }

  void runPlan() {
    plans.remove().run();
  }

  /** Runs everything that is due now. */
  void runAll() {
    while (!tasks.isEmpty()) {
      tasks.remove().run();
    }
  }

  /** Lets time pass, with everything that falls due. */
  void pass(Duration time) {
    runAll();
    long end = nowNanos + time.toNanos();
    while (!timers.isEmpty() && timers.peek().dueNanos() <= end) {
      nowNanos = Math.max(nowNanos, timers.peek().dueNanos());
      timers.remove().task().run();
      runAll();
    }
    nowNanos = end;
  }

  ExecutorService planThread(String mode) {
    return new AbstractExecutorService() {
      @Override
      public void execute(Runnable task) {
        (holdsPlans ? plans : tasks).add(task);
      }

      @Override
      public void shutdown() {}

      @Override
      public List<Runnable> shutdownNow() {
        return List.of();
      }

      @Override
      public boolean isShutdown() {
        return false;
      }

      @Override
      public boolean isTerminated() {
        return false;
      }

      @Override
      public boolean awaitTermination(long timeout, TimeUnit unit) {
        return true;
      }
    };
  }
}
