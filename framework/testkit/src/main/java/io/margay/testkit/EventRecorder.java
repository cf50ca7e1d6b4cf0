// SPDX-License-Identifier: Apache-2.0
package io.margay.testkit;

import io.margay.api.store.Entry;
import io.margay.api.store.Key;
import io.margay.api.store.Watcher;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** A watcher that keeps its events for a test to take, one by one, in order. */
public final class EventRecorder implements Watcher {
  /** Far more than any store needs: only a test that fails waits so long. */
  private static final long PATIENCE_SECONDS = 30;

  private final BlockingQueue<Event> events = new LinkedBlockingQueue<>();

  @Override
  public void event(Event event) {
    events.add(event);
  }

  /** The next event; waits for it. */
  public Event next() throws InterruptedException {
    Event event = events.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
    if (event == null) {
      throw new AssertionError("no event within " + PATIENCE_SECONDS + " s");
    }
    return event;
  }

  /** The next event, which must be of this type. */
  public <T extends Event> T next(Class<T> type) throws InterruptedException {
    Event event = next();
    if (!type.isInstance(event)) {
      throw new AssertionError("event: " + event + " (expected: " + type.getSimpleName() + ")");
    }
    return type.cast(event);
  }

  /** Drops events until one of this type. */
  public <T extends Event> T skipTo(Class<T> type) throws InterruptedException {
    Event event = next();
    while (!type.isInstance(event)) {
      event = next();
    }
    return type.cast(event);
  }

  /** Whether every event so far was taken. */
  public boolean isEmpty() {
    return events.isEmpty();
  }

  /**
   * What the kind looks like to a watcher that applied every event up to a revision; checks that
   * revisions grow.
   *
   * @param revision of the last event to wait for
   */
  public Map<String, Entry> replayUntil(long revision) throws InterruptedException {
    Map<String, Entry> view = new TreeMap<>();
    long last = -1;
    while (last < revision) {
      long before = last;
      Event event = next();
      if (event instanceof Reset reset) {
        view.clear();
        reset.listing().entries().forEach(entry -> view.put(nameOf(entry.key()), entry));
        last = reset.listing().revision().number();
      } else if (event instanceof Put put) {
        view.put(nameOf(put.entry().key()), put.entry());
        last = put.entry().revision().number();
      } else if (event instanceof Deleted deleted) {
        view.remove(nameOf(deleted.key()));
        last = deleted.revision().number();
      }
      if (last < before || last == before && !(event instanceof Reset || event instanceof Lost)) {
        throw new AssertionError("revision: " + last + " (expected: after " + before + ")");
      }
    }
    return view;
  }

  private static String nameOf(Key key) {
    return key.toString();
  }
}
