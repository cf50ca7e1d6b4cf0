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
import java.math.BigInteger;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
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
  private static final int MANY_TAKEN = 100;

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

  /** Claims one more block out of a pool; empty when there is none left that nobody has. */
  Optional<Cidr> claimIn(IpPool pool, String node) throws StoreException {
    Optional<Cidr> claimed = resume(node, pool);
    if (claimed.isEmpty()) {
      claimed = claimFresh(node, pool);
    }
    claimed.ifPresent(
        block -> LOG.info("Block claimed block={} pool={} node={}", block, pool.name(), node));
    return claimed;
  }

  /** Completes a claim that was cut short before its block was made. */
  private Optional<Cidr> resume(String node, IpPool pool) throws StoreException {
    for (StoreView.AffinityFacts affinity : view.affinities().group(node)) {
      Cidr block = affinity.cidr();
      boolean isOpen =
          pool.cidr().contains(block)
              && block.length() == pool.blockSize()
              && !view.blockIndex().contains(block);
      if (isOpen && claim(node, block)) {
        return Optional.of(block);
      }
    }
    return Optional.empty();
  }

  /** Walks from a place that depends on the node, so that nodes seldom try for the same block. */
  private Optional<Cidr> claimFresh(String node, IpPool pool) throws StoreException {
    BlockSpace space = new BlockSpace(pool.cidr(), pool.blockSize(), view.reserved());
    BlockIndex known = view.blockIndex();
    int taken = 0;
    for (Cidr block : space.from(spread(node))) {
      if (!known.contains(block) && claim(node, block)) {
        return Optional.of(block);
      }
      // Counting costs more than a few looks: only where it seems that nothing is left.
      if (++taken == MANY_TAKEN && isFull(pool, space)) {
        return Optional.empty();
      }
    }
    return Optional.empty();
  }

  private boolean isFull(IpPool pool, BlockSpace space) {
    BigInteger count = BigInteger.valueOf(view.blockIndex().count(pool.cidr()));
    return count.compareTo(space.count()) >= 0;
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

  /**
   * Gives a node's block back: affinity pending deletion, block, affinity gone. A crash in between
   * leaves an affinity that the node's next claim, or the next giving back, completes.
   *
   * @param isFree whether the block may go
   * @param leavesRest whether one that may not go loses its node all the same
   * @return whether the node has lost the block
   */
  boolean giveBack(String node, Cidr cidr, Predicate<IpamBlock> isFree, boolean leavesRest)
      throws StoreException {
    Optional<Held<IpamBlock>> own =
        blocks.read(cidr).filter(held -> held.value().owner().equals(Optional.of(node)));
    boolean isGoing = own.filter(held -> isFree.test(held.value())).isPresent();
    if (own.isPresent() && !isGoing && !leavesRest) {
      return false;
    }
    Optional<Entry> found = store.get(affinityKey(node, cidr));
    List<Write> writes = new ArrayList<>();
    if (found.isPresent()) {
      BlockAffinity leaving = parsed(found.get()).withState(State.PENDING_DELETION);
      writes.add(put(leaving, Expected.at(found.get().revision())));
    }
    if (own.isPresent()) {
      writes.add(isGoing ? deletion(own.get()) : orphaning(own.get()));
    }
    List<Outcome> outcomes = writes.isEmpty() ? List.of() : store.write(writes);
    blocks.forget(cidr);
    if (!outcomes.stream().allMatch(Outcome::isWritten)) {
      restore(node, cidr, found, outcomes);
      return false;
    }
    if (isGoing) {
      blocks.deleted(cidr, outcomes.get(outcomes.size() - 1).revision());
    }
    if (found.isPresent()) {
      abandon(node, cidr, outcomes.get(0).revision());
    }
    return own.isPresent();
  }

  private static Write deletion(Held<IpamBlock> held) {
    return Write.delete(held.value().key(), held.unchanged());
  }

  private Write orphaning(Held<IpamBlock> held) {
    return put(held.value().withOwner(Optional.empty(), clock.instant()), held.unchanged());
  }

  /** Somebody took an address in between: the block stays the node's. */
  private void restore(String node, Cidr block, Optional<Entry> found, List<Outcome> outcomes)
      throws StoreException {
    if (found.isPresent() && outcomes.get(0).isWritten()) {
      BlockAffinity before = parsed(found.get());
      Expected leaving = Expected.at(outcomes.get(0).revision());
      Outcome outcome = store.write(List.of(put(before, leaving))).get(0);
      if (outcome.isWritten()) {
        note(node, block, new Held<>(before, outcome.revision()));
      }
    }
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
  static long spread(String node) {
    long hash = 0xcbf29ce484222325L;
    for (int i = 0; i < node.length(); i++) {
      hash = (hash ^ node.charAt(i)) * 0x100000001b3L;
    }
    return hash ^ hash >>> 32;
  }
}
