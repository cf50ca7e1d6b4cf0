// SPDX-License-Identifier: Apache-2.0
package io.margay.store.sqlite;

import io.margay.api.store.StoreException;
import java.time.Duration;
import java.util.Optional;

/** The database that every thread uses now, or why there is none. */
final class CurrentDatabase {
  private static final String OPENING = "the store is still being opened";

  private final Duration deadline;

  // Both null until the first attempt to open has ended.
  private Database database;
  private StoreException trouble;

  CurrentDatabase(Duration deadline) {
    this.deadline = deadline;
  }

  /** The open database; waits for the first attempt to open it. */
  synchronized Database get() throws StoreException {
    long end = System.nanoTime() + deadline.toNanos();
    while (database == null && trouble == null) {
      long millis = (end - System.nanoTime()) / 1_000_000;
      if (millis <= 0) {
        throw new StoreException(OPENING);
      }
      try {
        wait(millis);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new StoreException("interrupted while the store was being opened", e);
      }
    }
    checkOpen();
    return database;
  }

  /** Fails when the database is no longer the one in use. */
  synchronized void check(Database used) throws StoreException {
    if (database != used) {
      checkOpen();
    }
  }

  private void checkOpen() throws StoreException {
    if (database == null) {
      // Each caller gets its own: an exception carries the stack of the one who sees it.
      throw new StoreException(trouble.getMessage(), trouble);
    }
  }

  /** Why there is no database; empty when there is one. */
  synchronized Optional<String> trouble() {
    if (database != null) {
      return Optional.empty();
    }
    return Optional.of(trouble == null ? OPENING : trouble.getMessage());
  }

  synchronized boolean isOpen() {
    return database != null;
  }

  synchronized void opened(Database opened) {
    database = opened;
    trouble = null;
    notifyAll();
  }

  /** Nobody uses a database from now on. */
  synchronized void failed(StoreException why) {
    database = null;
    trouble = why;
    notifyAll();
  }

  /** As {@link #failed}, unless it was opened again since. */
  synchronized void suspect(Database used, StoreException why) {
    if (database == used) {
      failed(why);
    }
  }
}
