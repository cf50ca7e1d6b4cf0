// SPDX-License-Identifier: Apache-2.0
package io.margay.core.command;

import io.margay.api.console.CommandException;
import io.margay.api.resource.InvalidResourceException;
import io.margay.api.resource.IpPool;
import io.margay.api.store.ConflictException;
import io.margay.api.store.Entry;
import io.margay.api.store.Expected;
import io.margay.api.store.Key;
import io.margay.api.store.Revision;
import io.margay.api.store.Store;
import io.margay.api.store.StoreException;
import io.margay.core.view.OperatorStore;
import java.util.List;

/** Changes one IPPool by compare-and-set. */
final class PoolChange {
  private static final int MAX_CONFLICTS = 20;

  @FunctionalInterface
  interface Change {
    IpPool apply(IpPool pool) throws CommandException;
  }

  private final Store store;

  PoolChange(Store store) {
    this.store = new OperatorStore(store);
  }

  /** Names of the pools, for completion. */
  static List<String> names(Store store) {
    try {
      return store.list(IpPool.KIND).entries().stream().map(e -> e.key().name()).toList();
    } catch (StoreException e) {
      return List.of(); // Nothing to offer; the command itself will say why.
    }
  }

  /**
   * Reads a pool, changes it and writes it, again when somebody else was faster.
   *
   * @return when the changed pool was written; its present revision when nothing was to change
   */
  Revision change(String name, Change change) throws CommandException {
    try {
      for (int tries = 1; ; tries++) {
        Entry entry =
            store
                .get(Key.of(IpPool.KIND, name))
                .orElseThrow(() -> new CommandException("there is no pool " + name));
        IpPool before = IpPool.parse(entry.json());
        IpPool after = change.apply(before);
        if (after.equals(before)) {
          return entry.revision();
        }
        try {
          return store.put(after.key(), after.toJson(), Expected.at(entry.revision()));
        } catch (ConflictException e) {
          if (tries == MAX_CONFLICTS) {
            throw e;
          }
        }
      }
    } catch (StoreException | InvalidResourceException e) {
      throw new CommandException("pool " + name + ": " + e.getMessage(), e);
    }
  }
}
