// SPDX-License-Identifier: Apache-2.0
package io.margay.itests;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Function;

/** Does many things at once. */
final class Together {
  private Together() {}

  /** Applies the function to all at once, each in a thread of its own; the results in order. */
  static <T, R> List<R> call(List<T> items, Function<T, R> function) {
    ExecutorService threads = Executors.newFixedThreadPool(items.size());
    CountDownLatch ready = new CountDownLatch(items.size());
    try {
      List<Future<R>> futures = new ArrayList<>();
      for (T item : items) {
        futures.add(
            threads.submit(
                () -> {
                  ready.countDown();
                  ready.await();
                  return function.apply(item);
                }));
      }
      List<R> results = new ArrayList<>();
      for (Future<R> future : futures) {
        results.add(future.get());
      }
      return results;
    } catch (InterruptedException | ExecutionException e) {
      throw new AssertionError(e);
    } finally {
      threads.shutdownNow();
    }
  }
}
