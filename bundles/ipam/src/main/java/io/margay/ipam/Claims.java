// SPDX-License-Identifier: Apache-2.0
package io.margay.ipam;

import io.margay.api.net.Cidr;
import io.margay.api.resource.BlockAffinity;
import io.margay.api.resource.BlockAffinity.State;
import io.margay.api.resource.InvalidResourceException;
import io.margay.api.resource.IpPool;
import io.margay.api.resource.IpamBlock;
import io.margay.api.resource.Resource;
import io.margay.api.store.ConflictException;
import io.margay.api.store.Entry;
import io.margay.api.store.Expected;
import io.margay.api.store.Key;
import io.margay.api.store.Outcome;
import io.margay.api.store.Revision;
import io.margay.api.store.Store;
import io.margay.api.store.StoreException;
import io.margay.api.store.Write;
import java.time.Clock;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes blocks a node's own, by Calico's protocol: affinity pending, block, affinity confirmed.
 *
 * <p>The block is created only if absent, so that it has one owner whatever happens; an affinity
 * without its block is a claim that a crash cut short, and is completed or taken back by the next.
 * Used by the worker's thread only.
 */
final class Claims {
  private static final Logger LOG = LoggerFactory.getLogger(Claims.class);
  private static final int MAX_TRIES = 100;

  /** Blocks of a pool that a node may ever look at: those of a /36 of IPv6, for example. */
  private static final int MAX_BLOCK_BITS = 30;

  private final Store store;
  private final StoreView view;
  private final Blocks blocks;
  private final Clock clock;

  Claims(Store store, StoreView view, Blocks blocks, Clock clock) {
    this.store = store;
    this.view = view;
    this.blocks = blocks;
    this.clock = clock;
  }

  static Key affinityKey(String node, Cidr block) {
    return Key.of(BlockAffinity.KIND, BlockAffinity.nameOf(node, block));
  }

  /** Claims one more block out of the first of the pools that has any left. */
  Optional<Cidr> claimAny(String node, List<IpPool> pools) throws StoreException {
    for (IpPool pool : pools) {
      Optional<Cidr> claimed = resume(node, pool);
      if (claimed.isEmpty()) {
        claimed = claimFresh(node, pool);
      }
      if (claimed.isPresent()) {
        LOG.info("Block claimed block={} pool={} node={}", claimed.get(), pool.name(), node);
        return claimed;
      }
    }
    return Optional.empty();
  }

  /** Completes a claim that was cut short before its block was made. */
  private Optional<Cidr> resume(String node, IpPool pool) throws StoreException {
    for (StoreView.AffinityFacts affinity : view.affinities().group(node)) {
      Cidr block = affinity.cidr();
      boolean isOpen =
          pool.cidr().contains(block)
              && block.length() == pool.blockSize()
              && view.blocks().get(Blocks.key(block)).isEmpty();
      if (isOpen && claim(node, block)) {
        return Optional.of(block);
      }
    }
    return Optional.empty();
  }

  /** Walks from a place that depends on the node, so that nodes seldom try for the same block. */
  private Optional<Cidr> claimFresh(String node, IpPool pool) throws StoreException {
    int bits = Math.min(pool.blockSize() - pool.cidr().length(), MAX_BLOCK_BITS);
    long count = 1L << bits;
    long start = Math.floorMod(spread(node), count);
    int hostBits = pool.cidr().family().addressBits() - pool.blockSize();
    List<Cidr> reserved = view.reserved();
    for (long i = 0; i < count; i++) {
      long offset = (start + i) % count << hostBits;
      Cidr block = new Cidr(pool.cidr().address(offset), pool.blockSize());
      boolean isTaken = view.blocks().get(Blocks.key(block)).isPresent();
      boolean isReserved = reserved.stream().anyMatch(r -> r.contains(block));
      if (!isTaken && !isReserved && claim(node, block)) {
        return Optional.of(block);
      }
    }
    return Optional.empty();
  }

  /**
   * Makes sure that the block is the node's and that its claim is complete.
   *
   * @return false when the block is somebody else's
   */
  boolean claim(String node, Cidr block) throws StoreException {
    for (int i = 0; i < MAX_TRIES; i++) {
      Optional<Entry> found = store.get(affinityKey(node, block));
      List<Outcome> outcomes =
          store.write(
              List.of(
                  put(
                      affinity(node, block, found).withState(State.PENDING),
                      Expected.at(found.map(Entry::revision).orElse(Revision.NONE))),
                  put(IpamBlock.claimedBy(node, block, clock.instant()), Expected.ABSENT)));
      if (!outcomes.get(0).isWritten()) {
        continue;
      }
      Revision pending = outcomes.get(0).revision();
      if (outcomes.get(1).isWritten()) {
        blocks.read(block);
      } else if (!isOwn(node, block)) {
        abandon(node, block, pending);
        return false;
      }
      if (confirm(node, block, pending)) {
        return true;
      }
    }
    throw new StoreException(
        affinityKey(node, block) + ": others changed it " + MAX_TRIES + " times in a row");
  }

  private static BlockAffinity affinity(String node, Cidr block, Optional<Entry> found)
      throws StoreException {
    return found.isPresent() ? parsed(found.get()) : BlockAffinity.of(node, block, State.PENDING);
  }

  private static BlockAffinity parsed(Entry entry) throws StoreException {
    try {
      return BlockAffinity.parse(entry.json());
    } catch (InvalidResourceException e) {
      throw new StoreException(entry.key() + " cannot be used: " + e.getMessage(), e);
    }
  }

  /** Whether an existing block is the node's; writing it again foils whoever thinks otherwise. */
  private boolean isOwn(String node, Cidr block) throws StoreException {
    for (int i = 0; i < MAX_TRIES; i++) {
      Optional<Held<IpamBlock>> held = blocks.read(block);
      if (held.isEmpty() || !held.get().value().owner().equals(Optional.of(node))) {
        return false;
      }
      IpamBlock touched = held.get().value().touched();
      Outcome outcome = store.write(List.of(put(touched, held.get().unchanged()))).get(0);
      if (outcome.isWritten()) {
        blocks.written(new Held<>(touched, outcome.revision()));
        return true;
      }
    }
    return false;
  }

  private boolean confirm(String node, Cidr block, Revision pending) throws StoreException {
    BlockAffinity confirmed = BlockAffinity.of(node, block, State.CONFIRMED);
    Outcome outcome = store.write(List.of(put(confirmed, Expected.at(pending)))).get(0);
    Optional<Entry> found =
        outcome.isWritten() ? Optional.empty() : store.get(affinityKey(node, block));
    if (outcome.isWritten()) {
      note(node, block, new Held<>(confirmed, outcome.revision()));
      return true;
    }
    return found.isPresent() && isConfirmed(found.get());
  }

  /** Takes a claim back that somebody else's block has foiled. */
  private void abandon(String node, Cidr block, Revision pending) throws StoreException {
    Key key = affinityKey(node, block);
    try {
      store.delete(key, Expected.at(pending));
      view.affinities().remove(key, pending);
    } catch (ConflictException e) {
      LOG.debug("Affinity changed while we took it back key={}", key, e);
    }
  }

  private boolean isConfirmed(Entry entry) throws StoreException {
    BlockAffinity affinity = parsed(entry);
    note(affinity.node(), affinity.cidr(), new Held<>(affinity, entry.revision()));
    return affinity.state() == State.CONFIRMED && !affinity.deleted();
  }

  private void note(String node, Cidr block, Held<BlockAffinity> held) {
    view.affinities()
        .put(
            affinityKey(node, block),
            new Held<>(StoreView.AffinityFacts.of(held.value()), held.revision()));
  }

  private static Write put(Resource resource, Expected expected) {
    return Write.put(resource.key(), resource.toJson(), expected);
  }

  /** FNV-1a: neighbouring names lie far apart. */
  private static long spread(String node) {
    long hash = 0xcbf29ce484222325L;
    for (int i = 0; i < node.length(); i++) {
      hash = (hash ^ node.charAt(i)) * 0x100000001b3L;
    }
    return hash ^ hash >>> 32;
  }
}
