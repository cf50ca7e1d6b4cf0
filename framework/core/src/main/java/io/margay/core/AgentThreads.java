// SPDX-License-Identifier: Apache-2.0
package io.margay.core;

import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The threads of a running agent: {@code agent}, {@code agent-io} and one for each mode. */
final class AgentThreads implements AgentThread {
  private static final Logger LOG = LoggerFactory.getLogger(AgentThreads.class);

  private final ScheduledThreadPoolExecutor agent;
  private final ExecutorService io = planThreadNamed("agent-io");

  AgentThreads() {
    agent = new ScheduledThreadPoolExecutor(1, task -> new Thread(task, "agent"));
    agent.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
  }

  /** Runs what blocks, one task after the other. */
  Executor io() {
    return task -> io.execute(() -> guarded(task));
  }

  /** A thread for the plans of one mode. */
  static ExecutorService planThread(String mode) {
    return planThreadNamed("plan-" + mode);
  }

  private static ExecutorService planThreadNamed(String name) {
    // Idle threads end: a node has a dozen modes at most, and most of them plan rarely.
    ThreadPoolExecutor executor =
        new ThreadPoolExecutor(
            1,
            1,
            10,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(),
            task -> {
              Thread thread = new Thread(task, name);
              thread.setDaemon(true);
              return thread;
            });
    executor.allowCoreThreadTimeOut(true);
    return executor;
  }

  @Override
  public void execute(Runnable task) {
    after(Duration.ZERO, task);
  }

  @Override
  public void after(Duration delay, Runnable task) {
    if (!agent.isShutdown()) {
      agent.schedule(() -> guarded(task), delay.toNanos(), TimeUnit.NANOSECONDS);
    }
  }

  @Override
  public long nanoTime() {
    return System.nanoTime();
  }

  /** Runs a last task on the agent thread and lets what is running end, up to the timeout. */
  void stop(Runnable last, Duration timeout) {
    try {
      agent.submit(() -> guarded(last)).get(timeout.toMillis(), TimeUnit.MILLISECONDS);
      agent.shutdown();
      io.shutdown();
      long halfMillis = timeout.toMillis() / 2;
      if (!agent.awaitTermination(halfMillis, TimeUnit.MILLISECONDS)
          || !io.awaitTermination(halfMillis, TimeUnit.MILLISECONDS)) {
        LOG.warn("Agent stopped with work in flight");
      }
    } catch (TimeoutException | ExecutionException e) {
      LOG.warn("Agent stopped while busy", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      agent.shutdownNow();
      io.shutdownNow();
    }
  }

  /** The one place where our own bugs end: the thread goes on with the next task. */
  private static void guarded(Runnable task) {
    try {
      task.run();
    } catch (RuntimeException | LinkageError e) {
      LOG.error("Task of the agent failed", e);
    }
  }
}
