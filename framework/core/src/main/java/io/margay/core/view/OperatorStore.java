// SPDX-License-Identifier: Apache-2.0
package io.margay.core.view;

import io.margay.api.store.Entry;
import io.margay.api.store.Filter;
import io.margay.api.store.Key;
import io.margay.api.store.Listing;
import io.margay.api.store.Outcome;
import io.margay.api.store.Store;
import io.margay.api.store.StoreException;
import io.margay.api.store.Watch;
import io.margay.api.store.Watcher;
import io.margay.api.store.Write;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.MDC;

/**
 * A store as a person's command writes it: remembers for a moment who writes a document, so that
 * the event that follows on this node is known as theirs. The console says in the MDC who it is.
 */
public final class OperatorStore implements Store {
  private static final String OPERATOR = "operator";

  /** Of the agent as a whole: commands write, and the agent thread gets the events. */
  private static final Map<Key, String> WRITERS = new ConcurrentHashMap<>();

  private final Store store;

  public OperatorStore(Store store) {
    this.store = store;
  }

  /** Who has written the document that an event tells of; each write is told once. */
  public static Optional<String> takeWriter(Key key) {
    return Optional.ofNullable(WRITERS.remove(key));
  }

  @Override
  public Optional<Entry> get(Key key) throws StoreException {
    return store.get(key);
  }

  @Override
  public Listing list(String kind) throws StoreException {
    return store.list(kind);
  }

  /** Each writer is noted before the write, for the event may come before it returns. */
  @Override
  public List<Outcome> write(List<Write> writes) throws StoreException {
    String who = MDC.get(OPERATOR);
    if (who == null) {
      return store.write(writes);
    }
    writes.forEach(write -> WRITERS.put(write.key(), who));
    int written = 0;
    try {
      List<Outcome> outcomes = store.write(writes);
      written = (int) outcomes.stream().filter(Outcome::isWritten).count();
      return outcomes;
    } finally {
      writes.subList(written, writes.size()).forEach(write -> WRITERS.remove(write.key()));
    }
  }

  @Override
  public Watch watch(String kind, Filter filter, Watcher watcher) {
    return store.watch(kind, filter, watcher);
  }
}
