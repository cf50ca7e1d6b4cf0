// SPDX-License-Identifier: Apache-2.0
package io.margay.core.plan;

import io.margay.api.dataplane.NextHop;
import io.margay.api.mode.Destination;
import io.margay.api.net.Cidr;
import io.margay.core.view.BlockEntry;
import io.margay.core.view.ClusterView;
import io.margay.core.view.PoolEntry;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** Derives what pods of this node send to other nodes. */
public final class Destinations {
  /**
   * What is believed of what route sharing tells about a destination in a pool.
   *
   * @param node that has it, if that is known
   * @param nextHops as the kernel reaches them; none when only the node is known
   */
  public record Claim(Cidr cidr, Optional<String> node, List<NextHop> nextHops) {
    public Claim {
      nextHops = List.copyOf(nextHops);
    }
  }

  private Destinations() {}

  /**
   * Destinations of each pool, ordered by CIDR: one for each block of another node, one for each
   * address that a node borrows from a block that is not its own, and one for each that is known
   * from route sharing alone. Blocks outside every pool are left out; see {@link #orphans}.
   *
   * @param claims what route sharing tells, by destination
   */
  public static Map<String, List<Destination>> byPool(ClusterView view, Map<Cidr, Claim> claims) {
    Map<String, TreeMap<Cidr, Destination>> byPool = new TreeMap<>();
    Map<Cidr, Optional<String>> nodes = new HashMap<>();
    claims.forEach((cidr, claim) -> nodes.put(cidr, claim.node()));
    stored(view)
        .forEach(
            (cidr, node) ->
                nodes.put(
                    cidr,
                    Optional.of(node)
                        .filter(view.nodes()::containsKey)
                        .or(() -> nodes.getOrDefault(cidr, Optional.empty()))));
    nodes.forEach(
        (cidr, node) ->
            view.poolOf(cidr)
                .ifPresent(
                    pool ->
                        byPool
                            .computeIfAbsent(pool.name(), p -> new TreeMap<>())
                            .put(cidr, destination(pool, cidr, node, claims))));
    Map<String, List<Destination>> lists = new TreeMap<>();
    byPool.forEach((pool, destinations) -> lists.put(pool, List.copyOf(destinations.values())));
    return lists;
  }

  /** Blocks and addresses of other nodes, with the node, as the store has them. */
  public static Map<Cidr, String> stored(ClusterView view) {
    Map<Cidr, String> stored = new HashMap<>();
    view.blocks().forEach(block -> stored.putAll(remote(view, block)));
    return stored;
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

  private static Destination destination(
      PoolEntry pool, Cidr cidr, Optional<String> node, Map<Cidr, Claim> claims) {
    List<NextHop> learned =
        Optional.ofNullable(claims.get(cidr)).map(Claim::nextHops).orElse(List.of());
    return new Destination(cidr, pool.name(), pool.mode().variant(), node, learned);
  }
}
