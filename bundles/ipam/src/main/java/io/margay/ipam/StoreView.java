// SPDX-License-Identifier: Apache-2.0
package io.margay.ipam;

import io.margay.api.net.Cidr;
import io.margay.api.resource.BlockAffinity;
import io.margay.api.resource.IpPool;
import io.margay.api.resource.IpReservation;
import io.margay.api.resource.IpamBlock;
import io.margay.api.resource.IpamConfiguration;
import io.margay.api.resource.Node;
import io.margay.api.store.Key;
import io.margay.api.store.Store;
import io.margay.api.store.StoreException;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/** The resources that decide about addresses, as last seen. Thread-safe. */
final class StoreView implements AutoCloseable {
  private final Mirror<IpPool> pools;
  private final Mirror<Map<String, String>> nodeLabels;
  private final Mirror<IpamConfiguration> configuration;
  private final Mirror<IpReservation> reservations;
  private final BlockIndex blockIndex = new BlockIndex();
  private final Mirror<BlockFacts> blocks;
  private final Mirror<AffinityFacts> affinities;

  /** What is kept of every affinity. */
  record AffinityFacts(Cidr cidr, String node, boolean isConfirmed) {
    static AffinityFacts of(BlockAffinity affinity) {
      boolean isConfirmed =
          affinity.state() == BlockAffinity.State.CONFIRMED && !affinity.deleted();
      // A name that is not a node's must not be taken for one.
      String node =
          affinity.type() == BlockAffinity.Type.HOST
              ? affinity.node()
              : "virtual:" + affinity.node();
      return new AffinityFacts(affinity.cidr(), node, isConfirmed);
    }
  }

  StoreView(Store store) {
    pools = new Mirror<>(store, IpPool.KIND, IpPool::parse, p -> "");
    nodeLabels = new Mirror<>(store, Node.KIND, j -> Node.parse(j).metadata().labels(), l -> "");
    configuration = new Mirror<>(store, IpamConfiguration.KIND, IpamConfiguration::parse, c -> "");
    reservations = new Mirror<>(store, IpReservation.KIND, IpReservation::parse, r -> "");
    blocks =
        new Mirror<>(
            store,
            IpamBlock.KIND,
            j -> BlockFacts.of(IpamBlock.parse(j)),
            b -> b.owner().orElse(""),
            Optional.of(blockIndex));
    affinities =
        new Mirror<>(
            store,
            BlockAffinity.KIND,
            j -> AffinityFacts.of(BlockAffinity.parse(j)),
            AffinityFacts::node);
  }

  /** The first kind that could not be read within this time, or empty when all were. */
  Optional<String> awaitSynced(long timeoutMillis) throws InterruptedException {
    long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(timeoutMillis);
    for (Mirror<?> mirror : all()) {
      long left = TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime());
      if (!mirror.awaitSynced(Math.max(0, left))) {
        return Optional.of(mirror.kind());
      }
    }
    return Optional.empty();
  }

  /** Pools by name. */
  List<IpPool> pools() {
    return pools.values().stream().sorted(Comparator.comparing(IpPool::name)).toList();
  }

  /** Reads the pools now: somebody may have made one a moment ago. */
  void refreshPools(Store store) throws StoreException {
    pools.refresh(store);
  }

  /** Labels of a node; none when it is not known. */
  Map<String, String> labels(String node) {
    return nodeLabels.get(Key.of(Node.KIND, node)).map(Held::value).orElse(Map.of());
  }

  IpamConfiguration configuration() {
    return configuration
        .get(Key.of(IpamConfiguration.KIND, IpamConfiguration.NAME))
        .map(Held::value)
        .orElse(IpamConfiguration.DEFAULT);
  }

  /** Prefixes that are given out only by request. */
  List<Cidr> reserved() {
    return reservations.values().stream().flatMap(r -> r.reservedCidrs().stream()).toList();
  }

  Mirror<BlockFacts> blocks() {
    return blocks;
  }

  /** The same blocks, in order. */
  BlockIndex blockIndex() {
    return blockIndex;
  }

  Mirror<AffinityFacts> affinities() {
    return affinities;
  }

  /** Blocks of a node, in order. */
  List<BlockFacts> blocksOf(String node) {
    return blocks.group(node).stream().sorted(Comparator.comparing(BlockFacts::cidr)).toList();
  }

  /** Names of the nodes that exist, as far as their documents could ever be read. */
  Set<String> nodes() {
    return nodeLabels.keys().stream().map(Key::name).collect(Collectors.toSet());
  }

  /** Names of the nodes that hold anything, whether they exist or not. */
  Set<String> holders() {
    Set<String> holders = new TreeSet<>(affinities.groupNames());
    holders.removeIf(name -> name.startsWith("virtual:"));
    for (BlockFacts block : blocks.values()) {
      block.owner().ifPresent(holders::add);
      holders.addAll(block.users());
    }
    return holders;
  }

  /** Blocks that a node owns or uses addresses of, in order. */
  Set<Cidr> blocksUsedBy(String node) {
    Set<Cidr> used = new TreeSet<>();
    for (BlockFacts block : blocks.values()) {
      if (block.owner().equals(Optional.of(node)) || block.users().contains(node)) {
        used.add(block.cidr());
      }
    }
    return used;
  }

  /** Whether the node's claim to the block is known to be complete. */
  boolean isConfirmed(String node, Cidr block) {
    return affinities
        .get(Claims.affinityKey(node, block))
        .filter(held -> held.value().isConfirmed())
        .isPresent();
  }

  @Override
  public void close() {
    all().forEach(Mirror::close);
  }

  private List<Mirror<?>> all() {
    return List.of(pools, nodeLabels, configuration, reservations, blocks, affinities);
  }
}
