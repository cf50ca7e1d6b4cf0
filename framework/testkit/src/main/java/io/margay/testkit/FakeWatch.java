// SPDX-License-Identifier: Apache-2.0
package io.margay.testkit;

import io.margay.api.store.Filter;
import io.margay.api.store.Key;
import io.margay.api.store.Watch;
import io.margay.api.store.Watcher;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.function.Consumer;

/** A watch of {@link FakeStore}: a queue of events that one thread at a time delivers in order. */
final class FakeWatch implements Watch {
  private final String kind;
  private final Filter filter;
  private final Watcher watcher;
  private final Consumer<FakeWatch> onClose;
  private final Queue<Watcher.Event> queue = new ArrayDeque<>();
  private Thread delivering;
  private boolean closed;

  FakeWatch(String kind, Filter filter, Watcher watcher, Consumer<FakeWatch> onClose) {
    this.kind = kind;
    this.filter = filter;
    this.watcher = watcher;
    this.onClose = onClose;
  }

  String kind() {
    return kind;
  }

  Filter filter() {
    return filter;
  }

  boolean accepts(Key key) {
    return key.kind().equals(kind) && filter.accepts(key);
  }

  synchronized void add(Watcher.Event event) {
    queue.add(event);
  }

  /** Delivers what is queued, unless a thread (perhaps this one, further up) does so already. */
  void deliver() {
    synchronized (this) {
      if (delivering != null) {
        return;
      }
      delivering = Thread.currentThread();
    }
    try {
      for (Watcher.Event event = next(); event != null; event = next()) {
        watcher.event(event);
      }
    } catch (RuntimeException | Error e) {
      release();
      throw e;
    }
  }

  /** The next event; null ends the delivery in the same step, so that no event is left behind. */
  private synchronized Watcher.Event next() {
    Watcher.Event event = closed ? null : queue.poll();
    if (event == null) {
      release();
    }
    return event;
  }

  private synchronized void release() {
    delivering = null;
    notifyAll();
  }

  @Override
  public void close() {
    onClose.accept(this);
    boolean interrupted = false;
    synchronized (this) {
      closed = true;
      while (delivering != null && delivering != Thread.currentThread()) {
        try {
          wait();
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
