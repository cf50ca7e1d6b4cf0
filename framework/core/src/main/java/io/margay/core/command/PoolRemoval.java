// SPDX-License-Identifier: Apache-2.0
package io.margay.core.command;

import io.margay.api.console.CommandException;
import io.margay.api.console.Output;
import io.margay.api.net.Ip;
import io.margay.api.resource.Allocation;
import io.margay.api.resource.BlockAffinity;
import io.margay.api.resource.IpPool;
import io.margay.api.resource.IpamBlock;
import io.margay.api.resource.PoolRules;
import io.margay.api.store.ConflictException;
import io.margay.api.store.Expected;
import io.margay.api.store.Revision;
import io.margay.api.store.Store;
import io.margay.api.store.StoreException;
import io.margay.core.command.StoredResources.Stored;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Deletes a pool as Calico does: disabled first, so that nobody takes an address meanwhile; then
 * its blocks are given back, and the pool goes last.
 */
final class PoolRemoval {
  private static final int SHOWN_HOLDERS = 5;

  private final Store store;
  private final StoredResources resources;

  PoolRemoval(Store store, Output output) {
    this.store = store;
    this.resources = new StoredResources(store, output);
  }

  /** Deletes a pool; tells how many blocks were given back. */
  int remove(String name) throws CommandException {
    Stored<IpPool> found =
        resources.list(IpPool.KIND, IpPool::parse).stream()
            .filter(p -> p.resource().name().equals(name))
            .findFirst()
            .orElseThrow(() -> new CommandException("pool " + name + ": there is none"));
    IpPool pool = found.resource();
    requireUnused(pool);
    try {
      Revision disabled = put(pool.withDisabled(true), found.revision());
      try {
        requireUnused(pool); // Somebody may have taken an address just before.
      } catch (CommandException e) {
        put(pool, disabled);
        throw e;
      }
      int released = release(pool);
      store.delete(pool.key(), Expected.at(disabled));
      return released;
    } catch (ConflictException e) {
      throw new CommandException(
          "pool " + name + ": " + e.key() + " was changed meanwhile; try again", e);
    } catch (StoreException e) {
      throw new CommandException("pool " + name + ": " + e.getMessage(), e);
    }
  }

  private Revision put(IpPool pool, Revision expected) throws StoreException {
    return store.put(pool.key(), pool.toJson(), Expected.at(expected));
  }

  private void requireUnused(IpPool pool) throws CommandException {
    List<IpamBlock> blocks =
        blocks(pool).stream().map(Stored::resource).collect(Collectors.toList());
    long inUse = PoolRules.addressesInUse(pool, blocks);
    if (inUse == 0) {
      return;
    }
    List<String> holders =
        blocks.stream()
            .flatMap(b -> b.allocations().entrySet().stream())
            .filter(a -> a.getValue().releasedAt().isEmpty())
            .map(a -> Ip.text(a.getKey()) + " of " + holder(a.getValue()))
            .limit(SHOWN_HOLDERS)
            .toList();
    throw new CommandException(
        "pool "
            + pool.name()
            + " is in use: "
            + inUse
            + " addresses, such as "
            + String.join(", ", holders));
  }

  /** The blocks of the pool lose their node; empty ones go. */
  private int release(IpPool pool) throws CommandException, StoreException {
    List<Stored<BlockAffinity>> affinities =
        resources.list(BlockAffinity.KIND, BlockAffinity::parse);
    for (Stored<BlockAffinity> affinity : affinities) {
      if (pool.cidr().contains(affinity.resource().cidr())) {
        BlockAffinity leaving = affinity.resource().withState(BlockAffinity.State.PENDING_DELETION);
        store.put(leaving.key(), leaving.toJson(), Expected.at(affinity.revision()));
      }
    }
    List<Stored<IpamBlock>> blocks = blocks(pool);
    for (Stored<IpamBlock> block : blocks) {
      Expected expected = Expected.at(block.revision());
      IpamBlock value = block.resource();
      if (value.isEmpty()) {
        store.delete(value.key(), expected);
      } else {
        IpamBlock free = value.withOwner(Optional.empty(), Instant.now());
        store.put(free.key(), free.toJson(), expected);
      }
    }
    for (Stored<BlockAffinity> affinity : affinities) {
      if (pool.cidr().contains(affinity.resource().cidr())) {
        store.delete(affinity.resource().key(), Expected.ANY);
      }
    }
    return blocks.size();
  }

  private List<Stored<IpamBlock>> blocks(IpPool pool) throws CommandException {
    return resources.list(IpamBlock.KIND, IpamBlock::parse).stream()
        .filter(b -> pool.cidr().contains(b.resource().cidr()))
        .toList();
  }

  private static String holder(Allocation allocation) {
    Map<String, String> attributes = allocation.attributes();
    String who =
        attributes.containsKey("pod")
            ? attributes.getOrDefault("namespace", "default") + "/" + attributes.get("pod")
            : allocation.handleId().orElse("unknown");
    return who + allocation.node().map(n -> " on " + n).orElse("");
  }
}
