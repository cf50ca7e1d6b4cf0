// SPDX-License-Identifier: Apache-2.0
package io.margay.core.command;

import io.margay.api.console.CommandException;
import io.margay.api.console.Removal;
import io.margay.api.net.Cidr;
import io.margay.api.resource.BlockAffinity;
import io.margay.api.resource.InvalidResourceException;
import io.margay.api.resource.IpPool;
import io.margay.api.resource.IpamBlock;
import io.margay.api.store.ConflictException;
import io.margay.api.store.Entry;
import io.margay.api.store.Expected;
import io.margay.api.store.Key;
import io.margay.api.store.Revision;
import io.margay.api.store.Store;
import io.margay.api.store.StoreException;
import io.margay.core.view.OperatorStore;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Deletes pools as Calico does: disabled first, so that nobody takes an address meanwhile; then
 * their blocks are given back, and the pool goes last. Somebody who was faster wins, and the pool
 * is as it was.
 */
@Component
public final class PoolRemoval implements Removal {
  private static final Logger LOG = LoggerFactory.getLogger(PoolRemoval.class);
  private static final int ATTEMPTS = 20;

  private final Store store;

  @Activate
  public PoolRemoval(@Reference Store store) {
    this.store = new OperatorStore(store);
  }

  @Override
  public String kind() {
    return IpPool.KIND;
  }

  @Override
  public Optional<String> obstacle(Key key) throws CommandException {
    try {
      Optional<Entry> entry = store.get(key);
      Optional<IpPool> pool = entry.isPresent() ? read(entry.get()) : Optional.empty();
      return pool.isPresent() ? obstacle(pool.get(), blocks(pool.get())) : Optional.empty();
    } catch (StoreException e) {
      throw failed(key, e);
    }
  }

  @Override
  public String remove(Key key) throws CommandException {
    int released = 0;
    for (int attempt = 1; attempt <= ATTEMPTS; attempt++) {
      try {
        Optional<Entry> entry = store.get(key);
        if (entry.isEmpty()) {
          return text(released);
        }
        Optional<IpPool> pool = read(entry.get());
        if (pool.isEmpty()) {
          // Not valid, so nobody takes addresses out of it.
          store.delete(key, Expected.at(entry.get().revision()));
          return text(released);
        }
        released += remove(pool.get(), entry.get().revision());
      } catch (ConflictException e) {
        LOG.debug("Pool removal tries again pool={}", key.name(), e);
      } catch (StoreException e) {
        throw failed(key, e);
      }
    }
    throw new CommandException(
        "pool " + key.name() + ": others keep changing it or its blocks; try again");
  }

  /** Tells how many blocks were given back. */
  private int remove(IpPool pool, Revision found) throws StoreException, CommandException {
    Revision disabled = put(pool.withDisabled(true), found);
    try {
      Optional<String> obstacle = obstacle(pool, blocks(pool));
      if (obstacle.isPresent()) {
        throw new CommandException(obstacle.get());
      }
      int released = release(pool);
      // A node that had not heard yet may have claimed one more.
      Optional<String> late = obstacle(pool, blocks(pool));
      if (late.isPresent()) {
        throw new CommandException(late.get());
      }
      released += release(pool);
      store.delete(pool.key(), Expected.at(disabled));
      return released;
    } catch (ConflictException | CommandException e) {
      put(pool, disabled);
      throw e;
    }
  }

  private Revision put(IpPool pool, Revision expected) throws StoreException {
    return store.put(pool.key(), pool.toJson(), Expected.at(expected));
  }

  private static Optional<String> obstacle(IpPool pool, List<Found<IpamBlock>> blocks) {
    List<IpamBlock> values = blocks.stream().map(Found::value).toList();
    boolean isUsed =
        values.stream().flatMap(b -> b.allocations().values().stream()).anyMatch(Holders::isInUse);
    return isUsed
        ? Optional.of(
            "pool "
                + pool.name()
                + " is in use, "
                + Holders.inUse(values)
                + "; its pods move by pool:migrate "
                + pool.name())
        : Optional.empty();
  }

  /** Affinities of the pool are withdrawn, empty blocks go; others lose their node. */
  private int release(IpPool pool) throws StoreException {
    List<Found<BlockAffinity>> affinities = affinities(pool);
    for (Found<BlockAffinity> affinity : affinities) {
      BlockAffinity leaving = affinity.value().withState(BlockAffinity.State.PENDING_DELETION);
      store.put(leaving.key(), leaving.toJson(), Expected.at(affinity.revision()));
    }
    int released = 0;
    for (Found<IpamBlock> block : blocks(pool)) {
      IpamBlock value = block.value();
      Expected unchanged = Expected.at(block.revision());
      // Addresses that cool down need not: there is nobody left to get them.
      if (value.allocations().values().stream().allMatch(a -> a.releasedAt().isPresent())) {
        store.delete(value.key(), unchanged);
        released++;
      } else if (value.owner().isPresent()) {
        IpamBlock orphan = value.withOwner(Optional.empty(), Instant.now());
        store.put(orphan.key(), orphan.toJson(), unchanged);
        released++;
      }
    }
    for (Found<BlockAffinity> affinity : affinities) {
      store.delete(affinity.value().key(), Expected.ANY);
    }
    return released;
  }

  private record Found<R>(R value, Revision revision) {}

  private List<Found<IpamBlock>> blocks(IpPool pool) throws StoreException {
    return inside(pool.cidr(), IpamBlock.KIND, IpamBlock::parse, IpamBlock::cidr).stream()
        .filter(block -> !block.value().deleted())
        .toList();
  }

  private List<Found<BlockAffinity>> affinities(IpPool pool) throws StoreException {
    return inside(pool.cidr(), BlockAffinity.KIND, BlockAffinity::parse, BlockAffinity::cidr);
  }

  private <R> List<Found<R>> inside(
      Cidr cidr, String kind, StoredResources.Parser<R> parser, Function<R, Cidr> cidrOf)
      throws StoreException {
    List<Found<R>> found = new ArrayList<>();
    for (Entry entry : store.list(kind).entries()) {
      try {
        R value = parser.parse(entry.json());
        if (cidr.contains(cidrOf.apply(value))) {
          found.add(new Found<>(value, entry.revision()));
        }
      } catch (InvalidResourceException e) {
        LOG.warn("Resource cannot be read and stays key={}", entry.key(), e);
      }
    }
    return found;
  }

  private static Optional<IpPool> read(Entry entry) {
    try {
      return Optional.of(IpPool.parse(entry.json()));
    } catch (InvalidResourceException e) {
      LOG.debug("Pool is not valid key={}", entry.key(), e);
      return Optional.empty();
    }
  }

  private static String text(int released) {
    return switch (released) {
      case 0 -> "";
      case 1 -> "1 block given back";
      default -> released + " blocks given back";
    };
  }

  private static CommandException failed(Key key, StoreException e) {
    return new CommandException("pool " + key.name() + ": " + e.getMessage(), e);
  }
}
