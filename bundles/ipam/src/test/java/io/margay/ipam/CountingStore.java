// SPDX-License-Identifier: Apache-2.0
package io.margay.ipam;

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
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;

/** Counts how often a store is written. */
final class CountingStore implements Store {
  private final Store store;
  private final AtomicInteger writes = new AtomicInteger();

  CountingStore(Store store) {
    this.store = store;
  }

  int writes() {
    return writes.get();
  }

  @Override
  public Optional<Entry> get(Key key) throws StoreException {
    return store.get(key);
  }

  @Override
  public Listing list(String kind) throws StoreException {
    return store.list(kind);
  }

  @Override
  public List<Outcome> write(List<Write> group) throws StoreException {
    writes.incrementAndGet();
    return store.write(group);
  }

  @Override
  public Watch watch(String kind, Filter filter, Watcher watcher) {
    return store.watch(kind, filter, watcher);
  }
}
