// SPDX-License-Identifier: Apache-2.0
package io.margay.console.resource;

import io.margay.api.console.CommandException;
import io.margay.api.resource.BlockAffinity;
import io.margay.api.resource.IpPool;
import io.margay.api.resource.IpamBlock;
import io.margay.api.resource.PoolRules;
import io.margay.api.store.ConflictException;
import io.margay.api.store.Entry;
import io.margay.api.store.Expected;
import io.margay.api.store.Key;
import io.margay.api.store.Store;
import io.margay.api.store.StoreException;
import io.margay.api.store.Write;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Deletes a pool that nobody uses, with its empty blocks. It is disabled first, so that no node
 * takes an address meanwhile; one that was quicker wins, and the pool is enabled again.
 */
final class PoolRemoval {
  private static final int ATTEMPTS = 5;

  private final Store store;

  PoolRemoval(Store store) {
    this.store = store;
  }

  /** Why the pool cannot go; empty when it can. */
  Optional<String> obstacle(IpPool pool) throws StoreException {
    long used = PoolRules.addressesInUse(pool, Stored.blocks(store));
    return used == 0
        ? Optional.empty()
        : Optional.of(
            pool
                + ": "
                + used
                + (used == 1 ? " address is" : " addresses are")
                + " in use (expected: none)");
  }

  void remove(Key key) throws StoreException, CommandException {
    for (int attempt = 1; attempt <= ATTEMPTS; attempt++) {
      try {
        if (tryRemove(key)) {
          return;
        }
      } catch (ConflictException e) {
        // Somebody was quicker: look again at what is there now.
      }
    }
    throw new CommandException(key + ": somebody else keeps changing it (expected: retry later)");
  }

  /** Whether the pool is gone. */
  private boolean tryRemove(Key key) throws StoreException, CommandException {
    Optional<Entry> entry = store.get(key);
    if (entry.isEmpty()) {
      return true;
    }
    Expected unchanged = Expected.at(entry.get().revision());
    Optional<IpPool> found = Stored.resource(entry.get(), IpPool.class);
    if (found.isEmpty()) {
      store.delete(key, unchanged); // Not valid, so nobody uses it.
      return true;
    }
    IpPool pool = found.get();
    Expected disabled =
        pool.disabled()
            ? unchanged
            : Expected.at(store.put(key, pool.withDisabled(true).toJson(), unchanged));
    try {
      Optional<String> obstacle = obstacle(pool);
      if (obstacle.isPresent()) {
        throw new CommandException(obstacle.get());
      }
      releaseBlocks(pool);
    } catch (CommandException | ConflictException e) {
      store.put(key, pool.toJson(), disabled);
      throw e;
    }
    store.delete(key, disabled);
    return true;
  }

  private void releaseBlocks(IpPool pool) throws StoreException {
    for (Entry entry : store.list(IpamBlock.KIND).entries()) {
      Optional<IpamBlock> block = Stored.resource(entry, IpamBlock.class);
      if (block.isEmpty() || !pool.cidr().contains(block.get().cidr()) || isHeld(block.get())) {
        continue;
      }
      List<Write> writes = new ArrayList<>();
      writes.add(Write.delete(entry.key(), Expected.at(entry.revision())));
      block
          .get()
          .owner()
          .map(node -> BlockAffinity.nameOf(node, block.get().cidr()))
          .map(name -> Write.delete(Key.of(BlockAffinity.KIND, name), Expected.ANY))
          .ifPresent(writes::add);
      if (!store.write(writes).get(0).isWritten()) {
        throw new ConflictException(entry.key(), Expected.at(entry.revision()), entry.revision());
      }
    }
  }

  /** Addresses that cool down do not count; tunnel addresses do, their node gives them back. */
  private static boolean isHeld(IpamBlock block) {
    return block.allocations().values().stream().anyMatch(h -> h.releasedAt().isEmpty());
  }
}
