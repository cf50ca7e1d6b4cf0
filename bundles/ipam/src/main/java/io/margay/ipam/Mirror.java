// SPDX-License-Identifier: Apache-2.0
package io.margay.ipam;

import io.margay.api.resource.InvalidResourceException;
import io.margay.api.store.Entry;
import io.margay.api.store.Filter;
import io.margay.api.store.Key;
import io.margay.api.store.Listing;
import io.margay.api.store.Revision;
import io.margay.api.store.Store;
import io.margay.api.store.StoreException;
import io.margay.api.store.Watch;
import io.margay.api.store.Watcher;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What we need to know of every resource of a kind, kept up by a watch. It may lag behind the
 * store: a hint for where to look, never the ground for a write. Thread-safe.
 *
 * @param <T> what is kept of a resource
 */
final class Mirror<T> implements Watcher, AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Mirror.class);

  /** Reads what is kept out of a document. */
  @FunctionalInterface
  interface Reader<T> {
    T read(byte[] json) throws InvalidResourceException;
  }

  /** Is told of each change, in order, while the mirror is locked. */
  interface Index<T> {
    void added(T value);

    void removed(T value);
  }

  private final String kind;
  private final Reader<T> reader;
  private final Function<T, String> group;
  private final Optional<Index<T>> index;
  private final CountDownLatch synced = new CountDownLatch(1);
  private final Watch watch;

  // Guarded by this. The groups hold the same values as the map.
  private final Map<Key, Held<T>> all = new HashMap<>();
  private final Map<String, Map<Key, Held<T>>> groups = new HashMap<>();

  /**
   * Starts watching.
   *
   * @param group what {@link #group} finds resources by
   */
  Mirror(Store store, String kind, Reader<T> reader, Function<T, String> group) {
    this(store, kind, reader, group, Optional.empty());
  }

  /** As the other, with an index that is kept up too. */
  Mirror(
      Store store,
      String kind,
      Reader<T> reader,
      Function<T, String> group,
      Optional<Index<T>> index) {
    this.kind = kind;
    this.reader = reader;
    this.group = group;
    this.index = index;
    this.watch = store.watch(kind, Filter.ALL, this);
  }

  /** As the first, of the resources whose names begin so. */
  Mirror(Store store, String kind, Filter filter, Reader<T> reader) {
    this.kind = kind;
    this.reader = reader;
    this.group = value -> "";
    this.index = Optional.empty();
    this.watch = store.watch(kind, filter, this);
  }

  @Override
  public void event(Event event) {
    if (event instanceof Reset reset) {
      reset(reset.listing());
      synced.countDown();
    } else if (event instanceof Put put) {
      // Of most writes to our blocks we are the author: a full block takes long to read again.
      if (!isKnown(put.entry())) {
        read(put.entry())
            .ifPresent(v -> this.put(put.entry().key(), new Held<>(v, put.entry().revision())));
      }
    } else if (event instanceof Deleted deleted) {
      remove(deleted.key(), deleted.revision());
    }
    // Lost: what is known stays, and whoever writes will hear it from the store.
  }

  /** Whether the whole kind was read once; waits for it. */
  boolean awaitSynced(long timeoutMillis) throws InterruptedException {
    return synced.await(timeoutMillis, TimeUnit.MILLISECONDS);
  }

  /** Reads the whole kind now, without waiting for what the watch is about to bring. */
  void refresh(Store store) throws StoreException {
    reset(store.list(kind));
  }

  String kind() {
    return kind;
  }

  synchronized Optional<Held<T>> get(Key key) {
    return Optional.ofNullable(all.get(key));
  }

  synchronized List<T> values() {
    List<T> list = new ArrayList<>();
    all.values().forEach(held -> list.add(held.value()));
    return list;
  }

  synchronized Set<Key> keys() {
    return Set.copyOf(all.keySet());
  }

  synchronized Set<String> groupNames() {
    return Set.copyOf(groups.keySet());
  }

  /** Values with their revisions. */
  synchronized List<Held<T>> all() {
    return List.copyOf(all.values());
  }

  synchronized List<T> group(String name) {
    List<T> list = new ArrayList<>();
    groups.getOrDefault(name, Map.of()).values().forEach(held -> list.add(held.value()));
    return list;
  }

  /**
   * Takes over a newer state: from the watch, or of our own write, of which the watch will tell.
   */
  synchronized void put(Key key, Held<T> held) {
    Held<T> known = all.get(key);
    if (known != null && known.revision().compareTo(held.revision()) >= 0) {
      return;
    }
    forget(key);
    all.put(key, held);
    groups.computeIfAbsent(group.apply(held.value()), g -> new HashMap<>()).put(key, held);
    index.ifPresent(i -> i.added(held.value()));
  }

  synchronized void remove(Key key, Revision revision) {
    Held<T> known = all.get(key);
    if (known != null && known.revision().compareTo(revision) <= 0) {
      forget(key);
    }
  }

  @Override
  public void close() {
    watch.close();
  }

  private void reset(Listing listing) {
    Map<Key, Held<T>> fresh = new HashMap<>();
    for (Entry entry : listing.entries()) {
      // A document that cannot be read counts as it was when it last could.
      read(entry)
          .map(value -> new Held<>(value, entry.revision()))
          .or(() -> get(entry.key()))
          .ifPresent(held -> fresh.put(entry.key(), held));
    }
    synchronized (this) {
      // Our own writes may be ahead of the listing.
      all.forEach(
          (key, held) -> {
            if (held.revision().compareTo(listing.revision()) > 0) {
              fresh.put(key, held);
            }
          });
      index.ifPresent(i -> all.values().forEach(held -> i.removed(held.value())));
      all.clear();
      groups.clear();
      fresh.forEach(this::put);
    }
  }

  private synchronized boolean isKnown(Entry entry) {
    Held<T> known = all.get(entry.key());
    return known != null && known.revision().compareTo(entry.revision()) >= 0;
  }

  private void forget(Key key) {
    Held<T> known = all.remove(key);
    if (known != null) {
      index.ifPresent(i -> i.removed(known.value()));
      String name = group.apply(known.value());
      Map<Key, Held<T>> members = groups.get(name);
      members.remove(key);
      if (members.isEmpty()) {
        groups.remove(name);
      }
    }
  }

  private Optional<T> read(Entry entry) {
    try {
      return Optional.of(reader.read(entry.json()));
    } catch (InvalidResourceException e) {
      LOG.warn("Resource cannot be read; its last good state counts key={}", entry.key(), e);
      return Optional.empty();
    }
  }
}
