// SPDX-License-Identifier: Apache-2.0
package io.margay.store.sqlite;

import io.margay.api.store.Filter;
import io.margay.api.store.Listing;
import io.margay.api.store.StoreException;
import io.margay.api.store.Watch;
import io.margay.api.store.Watcher;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The thread that opens the database, follows its log for all watches of this process, and opens it
 * again after trouble.
 *
 * <p>Every round reads, in one transaction, the changes since the last round and a listing of each
 * kind that somebody has to begin with; then, with the transaction ended, it tells the watches.
 */
final class WatchLoop {
  private static final Logger LOG = LoggerFactory.getLogger(WatchLoop.class);
  private static final long FIRST_RETRY_MILLIS = 250;
  private static final long LONGEST_RETRY_MILLIS = 8_000;

  private final Path file;
  private final Duration busyTimeout;
  private final CurrentDatabase current;
  private final Bell bell;
  private final List<Subscription> subscriptions = new CopyOnWriteArrayList<>();
  private final Thread thread = new Thread(this::run, "store-watch");
  private final Semaphore wake = new Semaphore(0);
  private volatile boolean closed;

  // Of the watch thread.
  private Optional<String> epoch = Optional.empty();
  private long last;
  private long retryMillis = FIRST_RETRY_MILLIS;
  private String logged = "";

  WatchLoop(Path file, Duration busyTimeout, CurrentDatabase current, Bell bell) {
    this.file = file;
    this.busyTimeout = busyTimeout;
    this.current = current;
    this.bell = bell;
    thread.setDaemon(true);
  }

  void start() {
    thread.start();
  }

  Watch watch(String kind, Filter filter, Watcher watcher) {
    Subscription subscription = new Subscription(kind, filter, watcher, subscriptions::remove);
    subscriptions.add(subscription);
    wake();
    return subscription;
  }

  private void wake() {
    wake.release();
    if (current.isOpen()) {
      bell.ring();
    }
  }

  private void run() {
    while (!closed) {
      StoreException why;
      try {
        follow(Database.open(file, busyTimeout, epoch));
        continue;
      } catch (StoreException e) {
        why = e;
      } catch (SQLException e) {
        why = StoreErrors.explain(file, e);
      } catch (IOException e) {
        why = new StoreException("store " + file + " cannot be watched: " + e, e);
      } catch (InterruptedException e) {
        why = new StoreException("store " + file + ": its watch was interrupted", e);
      } catch (RuntimeException | LinkageError e) {
        // LinkageError: the driver's native library does not load here.
        LOG.error("Store watch failed", e);
        why = new StoreException("store " + file + " failed: " + e, e);
      }
      current.failed(why);
      if (!why.getMessage().equals(logged)) {
        logged = why.getMessage();
        LOG.warn("Store is lost, trying again reason={}", logged);
      }
      waitForRetry(why.getMessage());
    }
    String reason = "the store is closed";
    current.failed(new StoreException(reason));
    subscriptions.forEach(subscription -> subscription.lost(reason));
  }

  private void follow(Database database)
      throws StoreException, SQLException, IOException, InterruptedException {
    try (ReadSession session = new ReadSession(database);
        Bell.Listener listener = bell.listen()) {
      LOG.info("Store is open file={} epoch={}", file, database.epoch());
      epoch = Optional.of(database.epoch());
      subscriptions.forEach(Subscription::requireReset);
      last = Long.MAX_VALUE;
      current.opened(database);
      retryMillis = FIRST_RETRY_MILLIS;
      logged = "";
      while (!closed) {
        database.check();
        current.check(database);
        if (round(session)) {
          listener.await();
        }
      }
    }
  }

  /**
   * One look at the log.
   *
   * @return whether all that there is was read
   */
  private boolean round(ReadSession session) throws SQLException {
    Map<String, Listing> listings = new HashMap<>();
    Map<String, String> damaged = new HashMap<>();
    Optional<List<ReadSession.Change>> changes;
    List<Subscription> listeners = List.copyOf(subscriptions);
    session.begin();
    try {
      changes = session.changesAfter(last);
      if (changes.isEmpty()) {
        listeners.forEach(Subscription::requireReset);
        last = session.head();
      }
      for (Subscription subscription : listeners) {
        String kind = subscription.kind();
        boolean known = listings.containsKey(kind) || damaged.containsKey(kind);
        if (subscription.needsReset() && !known) {
          try {
            listings.put(kind, session.list(kind));
          } catch (StoreException e) {
            damaged.put(kind, e.getMessage());
          }
        }
      }
    } finally {
      session.end();
    }
    for (Subscription subscription : listeners) {
      String kind = subscription.kind();
      if (subscription.needsReset() && damaged.containsKey(kind)) {
        subscription.lost(damaged.get(kind));
      } else if (subscription.needsReset()) {
        subscription.reset(listings.get(kind));
      }
    }
    List<ReadSession.Change> found = changes.orElse(List.of());
    for (ReadSession.Change change : found) {
      listeners.forEach(subscription -> subscription.change(change));
      last = change.revision();
    }
    return found.size() < ReadSession.CHANGES_PER_ROUND;
  }

  /** Tells watches that begin meanwhile, too, that the store is lost. */
  private void waitForRetry(String reason) {
    long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(retryMillis);
    retryMillis = Math.min(2 * retryMillis, LONGEST_RETRY_MILLIS);
    long left = end - System.nanoTime();
    while (!closed && left > 0) {
      subscriptions.forEach(subscription -> subscription.lost(reason));
      try {
        if (wake.tryAcquire(left, TimeUnit.NANOSECONDS)) {
          wake.drainPermits();
        }
      } catch (InterruptedException e) {
        LOG.error("Store watch was interrupted; it goes on", e);
      }
      left = end - System.nanoTime();
    }
  }

  /** Ends the thread; every watch is told that the store is lost, and nothing after. */
  void close(Duration patience) {
    closed = true;
    wake();
    Threads.join(thread, patience);
  }
}
