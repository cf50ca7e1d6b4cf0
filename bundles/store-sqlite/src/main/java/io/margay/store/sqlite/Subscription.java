// SPDX-License-Identifier: Apache-2.0
package io.margay.store.sqlite;

import io.margay.api.store.Entry;
import io.margay.api.store.Filter;
import io.margay.api.store.Listing;
import io.margay.api.store.Revision;
import io.margay.api.store.Watch;
import io.margay.api.store.Watcher;
import java.util.List;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One watch. Fed by the watch thread; closed by anyone. */
final class Subscription implements Watch {
  private static final Logger LOG = LoggerFactory.getLogger(Subscription.class);

  private final String kind;
  private final Filter filter;
  private final Watcher watcher;
  private final Consumer<Subscription> onClose;

  // Of the watch thread.
  private boolean needsReset = true;
  private boolean toldLost;
  private long position;

  // Guarded by this.
  private Thread delivering;
  private boolean closed;

  Subscription(String kind, Filter filter, Watcher watcher, Consumer<Subscription> onClose) {
    this.kind = kind;
    this.filter = filter;
    this.watcher = watcher;
    this.onClose = onClose;
  }

  String kind() {
    return kind;
  }

  boolean needsReset() {
    return needsReset;
  }

  void requireReset() {
    needsReset = true;
  }

  void reset(Listing listing) {
    List<Entry> accepted =
        listing.entries().stream().filter(entry -> filter.accepts(entry.key())).toList();
    needsReset = false;
    toldLost = false;
    position = listing.revision().number();
    deliver(new Watcher.Reset(new Listing(accepted, listing.revision())));
  }

  /** Passes on a change, unless the last reset contained it. */
  void change(ReadSession.Change change) {
    if (needsReset
        || change.revision() <= position
        || !change.key().kind().equals(kind)
        || !filter.accepts(change.key())) {
      return;
    }
    Revision revision = new Revision(change.revision());
    deliver(
        change.json().isPresent()
            ? new Watcher.Put(new Entry(change.key(), change.json().get(), revision))
            : new Watcher.Deleted(change.key(), revision));
  }

  /** Says once that the store cannot be read; a reset has to follow. */
  void lost(String reason) {
    needsReset = true;
    if (!toldLost) {
      toldLost = true;
      deliver(new Watcher.Lost(reason));
    }
  }

  private void deliver(Watcher.Event event) {
    synchronized (this) {
      if (closed) {
        return;
      }
      delivering = Thread.currentThread();
    }
    try {
      watcher.event(event);
    } catch (RuntimeException e) {
      // The others must not suffer from one that breaks.
      LOG.error("Store watcher failed, event is lost to it kind={}", kind, e);
    } finally {
      synchronized (this) {
        delivering = null;
        notifyAll();
      }
    }
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
