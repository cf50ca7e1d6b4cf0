// SPDX-License-Identifier: Apache-2.0
package io.margay.core.swap;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Runs a bundle's code on a thread of its own, which may hang: whoever waits goes on without it,
 * and the thread is interrupted and left alone.
 */
final class Bounded {
  /** Code of a bundle. */
  @FunctionalInterface
  interface Call<T> {
    T call() throws Exception;
  }

  private Bounded() {}

  /**
   * Waits for a result.
   *
   * @param thread name of the thread
   * @throws TimeoutException it did not come within so many seconds
   * @throws ExecutionException the call failed; the cause says how
   */
  static <T> T within(long seconds, String thread, Call<T> call)
      throws TimeoutException, ExecutionException, InterruptedException {
    CompletableFuture<T> result = new CompletableFuture<>();
    Thread caller =
        new Thread(
            () -> {
              try {
                result.complete(call.call());
              } catch (Exception | LinkageError e) {
                result.completeExceptionally(e); // Theirs, whatever it is: whoever waits gets it.
              }
            },
            thread);
    caller.setDaemon(true);
    caller.start();
    try {
      return result.get(seconds, TimeUnit.SECONDS);
    } catch (TimeoutException e) {
      caller.interrupt();
      throw e;
    }
  }
}
