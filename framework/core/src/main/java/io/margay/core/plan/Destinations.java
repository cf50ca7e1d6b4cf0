// SPDX-License-Identifier: Apache-2.0
package io.margay.core.plan;

import io.margay.api.mode.Destination;
import io.margay.api.net.Cidr;
import io.margay.core.view.BlockEntry;
import io.margay.core.view.ClusterView;
import io.margay.core.view.PoolEntry;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** Derives what pods of this node send to other nodes. */
public final class Destinations {
  private Destinations() {}

  /**
   * Destinations of each pool, ordered by CIDR: one for each block of another node, one for each
   * address that a node borrows from a block that is not its own. Blocks outside every pool are
   * left out; see {@link #orphans}.
   */
  public static Map<String, List<Destination>> byPool(ClusterView view) {
    Map<String, TreeMap<Cidr, Destination>> byPool = new TreeMap<>();
    for (BlockEntry block : view.blocks()) {
      PoolEntry pool = view.poolOf(block.cidr()).orElse(null);
      if (pool != null) {
        remote(view, block)
            .forEach(
                (cidr, node) ->
                    byPool
                        .computeIfAbsent(pool.name(), p -> new TreeMap<>())
                        .put(cidr, destination(view, pool, cidr, node)));
      }
    }
    Map<String, List<Destination>> lists = new TreeMap<>();
    byPool.forEach((pool, destinations) -> lists.put(pool, List.copyOf(destinations.values())));
    return lists;
  }

  /** Remote blocks and addresses that are in no pool: they keep the routes they have. */
  public static List<Cidr> orphans(ClusterView view) {
    List<Cidr> orphans = new ArrayList<>();
    for (BlockEntry block : view.blocks()) {
      if (view.poolOf(block.cidr()).isEmpty()) {
        orphans.addAll(remote(view, block).keySet());
      }
    }
    return orphans;
  }

  /** What of a block other nodes have, with the node. */
  private static Map<Cidr, String> remote(ClusterView view, BlockEntry block) {
    Map<Cidr, String> remote = new TreeMap<>(block.borrowers());
    block.node().ifPresent(node -> remote.put(block.cidr(), node));
    remote.values().removeIf(view.self()::equals);
    return remote;
  }

  private static Destination destination(ClusterView view, PoolEntry pool, Cidr cidr, String node) {
    Optional<String> owner = Optional.of(node).filter(view.nodes()::containsKey);
    return new Destination(cidr, pool.name(), pool.mode().variant(), owner, List.of());
  }
}
