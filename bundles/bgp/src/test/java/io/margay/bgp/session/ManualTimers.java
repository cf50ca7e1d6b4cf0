// SPDX-License-Identifier: Apache-2.0
package io.margay.bgp.session;

import java.util.Comparator;
import java.util.PriorityQueue;

/** A clock that goes when the test says so. */
final class ManualTimers implements Timers {
  private record Task(long at, long order, Runnable run) {}

  private final PriorityQueue<Task> tasks =
      new PriorityQueue<>(Comparator.comparingLong(Task::at).thenComparingLong(Task::order));
  private long now = 1_000_000_000_000L;
  private long order;

  @Override
  public long nanoTime() {
    return now;
  }

  @Override
  public Timer schedule(long delayNanos, Runnable run) {
    Task task = new Task(now + Math.max(0, delayNanos), order++, run);
    tasks.add(task);
    return () -> tasks.remove(task);
  }

  @Override
  public double random() {
    return 1;
  }

  /** Runs what is due now. */
  void settle() {
    pass(0);
  }

  void pass(double seconds) {
    long end = now + (long) (seconds * 1e9);
    while (!tasks.isEmpty() && tasks.peek().at() <= end) {
      Task task = tasks.poll();
      now = Math.max(now, task.at());
      task.run().run();
    }
    now = end;
  }
}
