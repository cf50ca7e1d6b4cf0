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
    synchronized (waiting) {
      Queue<Runnable> queue = waiting.get(key);
      if (queue != null) {
        queue.add(task);
        return;
      }
      waiting.put(key, new ArrayDeque<>());
    }
    start(key, task);
  }

  private void start(K key, Runnable task) {
    executor.execute(
        () -> {
          try {
            task.run();
          } finally {
            next(key);
          }
        });
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
    start(key, task);
  }
}
