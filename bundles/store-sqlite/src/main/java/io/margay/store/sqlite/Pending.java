// SPDX-License-Identifier: Apache-2.0
package io.margay.store.sqlite;

import io.margay.api.store.Outcome;
import io.margay.api.store.StoreException;
import io.margay.api.store.Write;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;

/** A call of {@code Store.write} that waits for the writer thread. */
final class Pending {
  private final List<Write> writes;
  private final CompletableFuture<List<Outcome>> answer = new CompletableFuture<>();

  /** Set once, by the writer that begins with it or by the caller that gives up before. */
  private final AtomicBoolean taken = new AtomicBoolean();

  Pending(List<Write> writes) {
    this.writes = List.copyOf(writes);
  }

  List<Write> writes() {
    return writes;
  }

  /** Whether the writer may begin; afterwards the caller can no longer withdraw. */
  boolean begin() {
    return taken.compareAndSet(false, true);
  }

  void complete(List<Outcome> outcomes) {
    answer.complete(outcomes);
  }

  void fail(StoreException why) {
    answer.completeExceptionally(why);
  }

  /** Blocks until the outcomes are on disk. */
  List<Outcome> await(Duration deadline) throws StoreException {
    try {
      return answer.get(deadline.toNanos(), TimeUnit.NANOSECONDS);
    } catch (ExecutionException e) {
      throw new StoreException(e.getCause().getMessage(), e.getCause());
    } catch (TimeoutException e) {
      throw new StoreException(
          "the store gave no answer within " + deadline.toSeconds() + " s; " + fate(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new StoreException("interrupted while writing to the store; " + fate(), e);
    }
  }

  private String fate() {
    return begin() ? "nothing was written" : "it may still be written";
  }
}
