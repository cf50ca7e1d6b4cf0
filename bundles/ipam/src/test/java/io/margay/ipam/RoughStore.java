// SPDX-License-Identifier: Apache-2.0
package io.margay.ipam;

import io.margay.api.store.Entry;
import io.margay.api.store.Expected;
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
import java.util.Random;

/**
 * A shared store as one process has it: calls run into time-outs, answers get lost, others write
 * the same documents, and the process may die between any two documents of a write.
 */
final class RoughStore implements Store {
  private final Store store;
  private final Random random;
  private volatile boolean isRough;
  private volatile boolean isDead;

  RoughStore(Store store, Random random) {
    this.store = store;
    this.random = random;
  }

  /** From now on, or no more, one call in eight goes wrong. */
  void rough(boolean value) {
    isRough = value;
  }

  /** Whether the process has died; then every call fails. */
  boolean isDead() {
    return isDead;
  }

  void die() {
    isDead = true;
  }

  @Override
  public Optional<Entry> get(Key key) throws StoreException {
    checkAlive();
    if (goesWrong(40)) {
      throw new StoreException("get of " + key + ": time-out");
    }
    return store.get(key);
  }

  @Override
  public Listing list(String kind) throws StoreException {
    checkAlive();
    return store.list(kind);
  }

  @Override
  public List<Outcome> write(List<Write> writes) throws StoreException {
    checkAlive();
    if (!goesWrong(8)) {
      return store.write(writes);
    }
    int kind = random.nextInt(4);
    if (kind == 0) {
      throw new StoreException("write: time-out, nothing was written");
    }
    if (kind == 1) {
      store.write(writes);
      throw new StoreException("write: the answer was lost");
    }
    if (kind == 2) {
      Optional<Entry> first = store.get(writes.get(0).key());
      if (first.isPresent()) {
        Entry found = first.get();
        store.write(List.of(Write.put(found.key(), found.json(), Expected.at(found.revision()))));
      }
      return store.write(writes);
    }
    isDead = true;
    store.write(writes.subList(0, random.nextInt(writes.size() + 1)));
    throw new StoreException("the process has died");
  }

  @Override
  public Watch watch(String kind, Filter filter, Watcher watcher) {
    return store.watch(kind, filter, watcher);
  }

  private boolean goesWrong(int oneIn) {
    return isRough && random.nextInt(oneIn) == 0;
  }

  private void checkAlive() throws StoreException {
    if (isDead) {
      throw new StoreException("the process has died");
    }
  }
}
