// SPDX-License-Identifier: Apache-2.0
package io.margay.cni;

import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.Executor;

/**
 * Runs tasks of one key one after the other, in the order given, and tasks of different keys
 * concurrently. A key that waits occupies no thread.
 */
final class KeyedExecutor<K> {
  private final Executor executor;

  /** Tasks behind the one that runs; a key without a running task has no entry. */
  private final Map<K, Queue<Runnable>> waiting = new HashMap<>();

  KeyedExecutor(Executor executor) {
    this.executor = executor;
  }

  void execute(K key, Runnable task) {
    if (begins(key, task)) {
      executor.execute(() -> run(key, task));
    }
  }

  /** As {@link #execute}, but on this thread when the task need not wait. */
  void executeHere(K key, Runnable task) {
    if (begins(key, task)) {
      run(key, task);
    }
  }

  /** Whether the task may run now; else it will when its turn comes. */
  private boolean begins(K key, Runnable task) {
    synchronized (waiting) {
      Queue<Runnable> queue = waiting.get(key);
      if (queue == null) {
        waiting.put(key, new ArrayDeque<>());
        return true;
      }
      return !queue.add(task);
    }
  }

  private void run(K key, Runnable task) {
    try {
      task.run();
    } finally {
      next(key);
    }
  }

  private void next(K key) {
    Runnable task;
    synchronized (waiting) {
      task = waiting.get(key).poll();
      if (task == null) {
        waiting.remove(key);
        return;
      }
    }
    executor.execute(() -> run(key, task));
  }
}
