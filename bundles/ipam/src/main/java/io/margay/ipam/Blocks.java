// SPDX-License-Identifier: Apache-2.0
package io.margay.ipam;

import io.margay.api.net.Cidr;
import io.margay.api.resource.InvalidResourceException;
import io.margay.api.resource.IpamBlock;
import io.margay.api.store.Entry;
import io.margay.api.store.Key;
import io.margay.api.store.Revision;
import io.margay.api.store.Store;
import io.margay.api.store.StoreException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Whole blocks, as last read or written. A copy that has become stale costs a conflict, which
 * {@link #forget} and another read resolve. Used by the worker's thread only.
 */
final class Blocks {
  private static final int MAX_COPIES = 64;

  private final Store store;
  private final Mirror<BlockFacts> facts;
  private final Map<Cidr, Held<IpamBlock>> copies = new LinkedHashMap<>(16, 0.75f, true);

  Blocks(Store store, Mirror<BlockFacts> facts) {
    this.store = store;
    this.facts = facts;
  }

  static Key key(Cidr block) {
    return Key.of(IpamBlock.KIND, IpamBlock.nameOf(block));
  }

  /** The block as far as we know, without asking the store when our copy seems current. */
  Optional<Held<IpamBlock>> get(Cidr block) throws StoreException {
    Held<IpamBlock> copy = copies.get(block);
    boolean isCurrent =
        copy != null
            && facts
                .get(key(block))
                .filter(seen -> seen.revision().compareTo(copy.revision()) <= 0)
                .isPresent();
    return isCurrent ? Optional.of(copy) : read(block);
  }

  /** The block as the store has it. */
  Optional<Held<IpamBlock>> read(Cidr block) throws StoreException {
    Optional<Entry> entry = store.get(key(block));
    if (entry.isEmpty()) {
      forget(block);
      return Optional.empty();
    }
    try {
      IpamBlock value = IpamBlock.parse(entry.get().json());
      Held<IpamBlock> held = new Held<>(value, entry.get().revision());
      written(held);
      return value.deleted() ? Optional.empty() : Optional.of(held);
    } catch (InvalidResourceException e) {
      throw new StoreException(key(block) + " cannot be used: " + e.getMessage(), e);
    }
  }

  /** Takes note of what the store has now. */
  void written(Held<IpamBlock> held) {
    Cidr block = held.value().cidr();
    copies.put(block, held);
    if (copies.size() > MAX_COPIES) {
      copies.remove(copies.keySet().iterator().next());
    }
    facts.put(key(block), new Held<>(BlockFacts.of(held.value()), held.revision()));
  }

  void deleted(Cidr block, Revision revision) {
    forget(block);
    facts.remove(key(block), revision);
  }

  void forget(Cidr block) {
    copies.remove(block);
  }

  void forgetAll() {
    copies.clear();
  }
}
