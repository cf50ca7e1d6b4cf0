// SPDX-License-Identifier: Apache-2.0
package io.margay.ipam;

import io.margay.api.console.Share;
import io.margay.api.health.Health;
import io.margay.api.net.IpFamily;
import io.margay.api.resource.IpPool;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Finds pools, and nodes at their limit of blocks, that run out of addresses.
 *
 * @param poolPercent how much of a pool may be in use, 1..100
 * @param nodePercent how much of the blocks of a node that may claim no more, 1..100
 */
record PoolHealth(int poolPercent, int nodePercent) {
  private static final String NAME = "ipam";

  PoolHealth {
    requirePercent("poolWarnPercent", poolPercent);
    requirePercent("nodeWarnPercent", nodePercent);
  }

  Health check(StoreView view) {
    List<BlockFacts> blocks = view.blocks().values();
    List<String> findings = new ArrayList<>();
    for (IpPool pool : view.pools()) {
      if (!pool.disabled()) {
        checkPool(pool, blocks, findings);
      }
    }
    checkNodes(view.configuration().maxBlocksPerHost(), blocks, findings);
    return findings.isEmpty()
        ? Health.ok(NAME)
        : Health.degraded(NAME, String.join("; ", findings) + ": see ipam:show");
  }

  /** Addresses in no block yet count as free. */
  private void checkPool(IpPool pool, Collection<BlockFacts> blocks, List<String> findings) {
    long held =
        blocks.stream()
            .filter(block -> pool.cidr().contains(block.cidr()))
            .mapToLong(PoolHealth::held)
            .sum();
    BigInteger size = pool.cidr().size();
    if (BigInteger.valueOf(held).equals(size)) {
      findings.add("no address left in " + PoolChoice.name(pool));
    } else if (isAbove(poolPercent, BigInteger.valueOf(held), size)) {
      findings.add(
          PoolChoice.name(pool)
              + " is "
              + Share.of(held, size.doubleValue())
              + " in use, "
              + size.subtract(BigInteger.valueOf(held))
              + " addresses are left");
    }
  }

  /** A node that may claim no more blocks has only what is left in those that it has. */
  private void checkNodes(int maxBlocks, Collection<BlockFacts> blocks, List<String> findings) {
    for (IpFamily family : IpFamily.values()) {
      Map<String, List<BlockFacts>> byNode = new TreeMap<>();
      blocks.stream()
          .filter(block -> block.cidr().family() == family)
          .forEach(
              block ->
                  block
                      .owner()
                      .ifPresent(
                          node -> byNode.computeIfAbsent(node, n -> new ArrayList<>()).add(block)));
      byNode.forEach(
          (node, its) -> {
            long held = its.stream().mapToLong(PoolHealth::held).sum();
            long size = its.stream().mapToLong(BlockFacts::size).sum();
            boolean isNear =
                isAbove(nodePercent, BigInteger.valueOf(held), BigInteger.valueOf(size));
            if (its.size() >= maxBlocks && isNear) {
              findings.add(
                  "node "
                      + node
                      + " has all the "
                      + maxBlocks
                      + " blocks it may have, and "
                      + Share.of(held, size)
                      + " of them is in use");
            }
          });
    }
  }

  private static boolean isAbove(int percent, BigInteger held, BigInteger size) {
    return held.multiply(BigInteger.valueOf(100))
            .compareTo(size.multiply(BigInteger.valueOf(percent)))
        >= 0;
  }

  private static long held(BlockFacts block) {
    return block.size() - block.free();
  }

  private static void requirePercent(String name, int value) {
    if (value < 1 || value > 100) {
      throw new IllegalArgumentException(name + ": " + value + " (expected: 1..100)");
    }
  }
}
