// SPDX-License-Identifier: Apache-2.0
package io.margay.ipam;

import io.margay.api.net.Cidr;
import java.math.BigInteger;
import java.net.InetAddress;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;

/**
 * The blocks that are known, in order, so that what is in a pool is found without a look at the
 * others. Thread-safe.
 */
final class BlockIndex implements Mirror.Index<BlockFacts> {
  // Guarded by this. The second has those of the first with free addresses.
  private final NavigableMap<Cidr, BlockFacts> all = new TreeMap<>();
  private final NavigableMap<Cidr, BlockFacts> free = new TreeMap<>();

  @Override
  public synchronized void added(BlockFacts facts) {
    all.put(facts.cidr(), facts);
    if (facts.free() > 0) {
      free.put(facts.cidr(), facts);
    }
  }

  @Override
  public synchronized void removed(BlockFacts facts) {
    all.remove(facts.cidr());
    free.remove(facts.cidr());
  }

  synchronized boolean contains(Cidr block) {
    return all.containsKey(block);
  }

  /** Number of blocks inside a prefix. */
  synchronized int count(Cidr prefix) {
    return inside(all, prefix).size();
  }

  /** All blocks inside a prefix, in order. */
  synchronized List<BlockFacts> inside(Cidr prefix) {
    return List.copyOf(inside(all, prefix).values());
  }

  /** Blocks that are no node's and in which nobody holds an address. */
  synchronized List<Cidr> orphans() {
    return free.values().stream()
        .filter(facts -> facts.owner().isEmpty() && facts.free() == facts.size())
        .map(BlockFacts::cidr)
        .toList();
  }

  /** The first block inside a prefix with free addresses, or the first after another block. */
  synchronized Optional<BlockFacts> nextFree(Cidr prefix, Optional<Cidr> after) {
    NavigableMap<Cidr, BlockFacts> inside = inside(free, prefix);
    Map.Entry<Cidr, BlockFacts> next =
        after.isPresent() ? inside.higherEntry(after.get()) : inside.firstEntry();
    return Optional.ofNullable(next).map(Map.Entry::getValue);
  }

  private static NavigableMap<Cidr, BlockFacts> inside(
      NavigableMap<Cidr, BlockFacts> map, Cidr prefix) {
    // A block comes after the pool it begins with, and a single address after its block.
    return map.subMap(prefix, true, Cidr.host(last(prefix)), true);
  }

  private static InetAddress last(Cidr prefix) {
    return BlockSpace.addressAt(prefix, prefix.size().subtract(BigInteger.ONE));
  }
}
