// SPDX-License-Identifier: Apache-2.0
package io.margay.testkit;

import io.margay.api.store.Entry;
import io.margay.api.store.Expected;
import io.margay.api.store.Filter;
import io.margay.api.store.Key;
import io.margay.api.store.Listing;
import io.margay.api.store.Outcome;
import io.margay.api.store.Outcome.Status;
import io.margay.api.store.Revision;
import io.margay.api.store.Store;
import io.margay.api.store.StoreException;
import io.margay.api.store.Watch;
import io.margay.api.store.Watcher;
import io.margay.api.store.Write;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * A store in memory that keeps every promise of {@link Store}, and breaks as a real one would when
 * a test asks for it.
 *
 * <p>Thread-safe. A test that wants a race puts it into {@link #beforeNextWrite}: the action runs
 * between the caller's read and its write, and may use this store itself.
 */
public final class FakeStore implements Store {
  private static final Comparator<Key> ORDER =
      Comparator.comparing(Key::kind).thenComparing(Key::namespace).thenComparing(Key::name);

  private final Object lock = new Object();
  private final NavigableMap<Key, Entry> entries = new TreeMap<>(ORDER);
  private final List<FakeWatch> watches = new CopyOnWriteArrayList<>();
  private final Executor events;

  // Guarded by lock.
  private long revision;
  private Optional<String> lost = Optional.empty();
  private Optional<Consumer<List<Write>>> beforeWrite = Optional.empty();
  private long writesBeforeCrash = Long.MAX_VALUE;
  private boolean answerLost;
  private Duration delay = Duration.ZERO;

  /** Delivers events on a thread of its own. */
  public FakeStore() {
    this(ownThread());
  }

  /**
   * Delivers events by an executor.
   *
   * @param events {@code Runnable::run} delivers before the write returns
   */
  public FakeStore(Executor events) {
    this.events = events;
  }

  private static Executor ownThread() {
    // The thread ends after a second without events, so that a test need not close the store.
    return new ThreadPoolExecutor(
        0,
        1,
        1,
        TimeUnit.SECONDS,
        new LinkedBlockingQueue<>(),
        task -> {
          Thread thread = new Thread(task, "fake-store");
          thread.setDaemon(true);
          return thread;
        });
  }

  @Override
  public Optional<Entry> get(Key key) throws StoreException {
    pause();
    synchronized (lock) {
      checkReachable();
      return Optional.ofNullable(entries.get(key));
    }
  }

  @Override
  public Listing list(String kind) throws StoreException {
    pause();
    synchronized (lock) {
      checkReachable();
      return listing(kind, Filter.ALL);
    }
  }

  @Override
  public List<Outcome> write(List<Write> writes) throws StoreException {
    pause();
    takeBeforeWrite().ifPresent(action -> action.accept(writes));
    List<Outcome> outcomes;
    try {
      synchronized (lock) {
        checkReachable();
        outcomes = applyAll(writes);
        if (answerLost) {
          answerLost = false;
          throw new StoreException("write of " + writes.size() + " documents: the answer was lost");
        }
      }
    } finally {
      deliver();
    }
    return outcomes;
  }

  @Override
  public Watch watch(String kind, Filter filter, Watcher watcher) {
    FakeWatch watch = new FakeWatch(kind, filter, watcher, watches::remove);
    synchronized (lock) {
      watches.add(watch);
      watch.add(
          lost.isPresent()
              ? new Watcher.Lost(lost.get())
              : new Watcher.Reset(listing(kind, filter)));
    }
    deliver();
    return watch;
  }

  /** Makes the store unreachable: every call fails, every watch is told {@link Watcher.Lost}. */
  public void lose(String reason) {
    synchronized (lock) {
      lost = Optional.of(reason);
      watches.forEach(watch -> watch.add(new Watcher.Lost(reason)));
    }
    deliver();
  }

  /** Ends {@link #lose} and {@link #crashAfter}; every watch gets a {@link Watcher.Reset}. */
  public void restore() {
    synchronized (lock) {
      lost = Optional.empty();
      writesBeforeCrash = Long.MAX_VALUE;
      watches.forEach(watch -> watch.add(new Watcher.Reset(listing(watch.kind(), watch.filter()))));
    }
    deliver();
  }

  /**
   * Lets that many more documents be written, then fails as if the process had died there: of a
   * group the prefix survives, and every later call fails until {@link #restore}.
   */
  public void crashAfter(int writes) {
    synchronized (lock) {
      writesBeforeCrash = writes;
    }
  }

  /** Performs the next write but fails its caller: what a deadline or a broken connection does. */
  public void loseNextAnswer() {
    synchronized (lock) {
      answerLost = true;
    }
  }

  /** Runs an action once, on the caller's thread, before the next write is compared. */
  public void beforeNextWrite(Consumer<List<Write>> action) {
    synchronized (lock) {
      beforeWrite = Optional.of(action);
    }
  }

  /**
   * Makes the next write lose a race: another writer rewrites its first document with the same
   * content (or creates it as {@code {}}) just before.
   */
  public void conflictNextWrite() {
    beforeNextWrite(
        writes -> {
          synchronized (lock) {
            Key key = writes.get(0).key();
            Entry found = entries.get(key);
            apply(
                Write.put(key, found == null ? new byte[] {'{', '}'} : found.json(), Expected.ANY));
          }
        });
  }

  /** Makes every call take at least so long. */
  public void delay(Duration duration) {
    synchronized (lock) {
      delay = duration;
    }
  }

  private void pause() throws StoreException {
    Duration pause;
    synchronized (lock) {
      pause = delay;
    }
    try {
      Thread.sleep(pause.toMillis());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new StoreException("interrupted while waiting for the store", e);
    }
  }

  private void checkReachable() throws StoreException {
    if (lost.isPresent()) {
      throw new StoreException(lost.get());
    }
  }

  private Optional<Consumer<List<Write>>> takeBeforeWrite() {
    synchronized (lock) {
      Optional<Consumer<List<Write>>> action = beforeWrite;
      beforeWrite = Optional.empty();
      return action;
    }
  }

  private List<Outcome> applyAll(List<Write> writes) throws StoreException {
    List<Outcome> outcomes = new ArrayList<>();
    boolean stopped = false;
    for (Write write : writes) {
      if (stopped) {
        outcomes.add(new Outcome(write.key(), Status.SKIPPED, Revision.NONE));
        continue;
      }
      if (writesBeforeCrash == 0) {
        lost = Optional.of("the store has crashed");
        watches.forEach(watch -> watch.add(new Watcher.Lost(lost.get())));
        throw new StoreException("write of " + write.key() + ": " + lost.get());
      }
      Outcome outcome = apply(write);
      outcomes.add(outcome);
      stopped = !outcome.isWritten();
    }
    return outcomes;
  }

  private Outcome apply(Write write) {
    Key key = write.key();
    Entry found = entries.get(key);
    Revision foundRevision = found == null ? Revision.NONE : found.revision();
    if (!write.expected().matches(foundRevision)) {
      return new Outcome(key, Status.CONFLICT, foundRevision);
    }
    if (found == null && write.json().isEmpty()) {
      return new Outcome(key, Status.WRITTEN, Revision.NONE);
    }
    if (writesBeforeCrash != Long.MAX_VALUE) {
      writesBeforeCrash--;
    }
    Revision next = new Revision(++revision);
    Watcher.Event event;
    if (write.json().isPresent()) {
      Entry entry = new Entry(key, write.json().get().clone(), next);
      entries.put(key, entry);
      event = new Watcher.Put(entry);
    } else {
      entries.remove(key);
      event = new Watcher.Deleted(key, next);
    }
    watches.stream().filter(watch -> watch.accepts(key)).forEach(watch -> watch.add(event));
    return new Outcome(key, Status.WRITTEN, next);
  }

  private Listing listing(String kind, Filter filter) {
    List<Entry> found =
        entries.values().stream()
            .filter(entry -> entry.key().kind().equals(kind) && filter.accepts(entry.key()))
            .toList();
    return new Listing(found, new Revision(revision));
  }

  /** Outside the lock: an executor may run the watcher on this very thread. */
  private void deliver() {
    watches.forEach(watch -> events.execute(watch::deliver));
  }
}
