// SPDX-License-Identifier: Apache-2.0
package io.margay.api.resource;

import io.margay.api.resource.IpPool.AllowedUse;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;

/** What must hold between a pool and its past, other pools and blocks. Pure functions. */
public final class PoolRules {
  private static final String TYPE = "type";

  private PoolRules() {}

  /**
   * Why a pool must not be written; empty when it may.
   *
   * @param before the pool of this name that is there now
   * @param pools all pools; the one of this name is not compared with
   * @param blocks all blocks
   */
  public static List<Problem> problems(
      IpPool pool,
      Optional<IpPool> before,
      Collection<IpPool> pools,
      Collection<IpamBlock> blocks) {
    List<Problem> problems = new ArrayList<>();
    if (before.isPresent()) {
      checkUnchanged(pool, before.get(), problems);
      checkUses(pool, before.get(), problems);
    } else {
      checkBlocks(pool, blocks, problems);
    }
    for (IpPool other : pools) {
      if (!other.name().equals(pool.name()) && other.cidr().overlaps(pool.cidr())) {
        problems.add(
            new Problem(
                "spec.cidr",
                pool.cidr().toString(),
                "no overlap with " + other.cidr() + " of " + other));
      }
    }
    return problems;
  }

  /**
   * How many addresses of a pool are held by workloads, or by anything that would miss them. Not
   * counted: addresses that cool down, and those of tunnel devices, which nodes give back.
   */
  public static long addressesInUse(IpPool pool, Collection<IpamBlock> blocks) {
    return blocks.stream()
        .filter(block -> !block.deleted() && pool.cidr().contains(block.cidr()))
        .flatMap(block -> block.allocations().values().stream())
        .filter(holder -> holder.releasedAt().isEmpty() && !isTunnel(holder))
        .count();
  }

  private static void checkUnchanged(IpPool pool, IpPool before, List<Problem> problems) {
    if (!pool.cidr().equals(before.cidr())) {
      problems.add(
          new Problem(
              "spec.cidr", pool.cidr().toString(), before.cidr() + ": a pool keeps its range"));
    }
    if (pool.blockSize() != before.blockSize()) {
      problems.add(
          new Problem(
              "spec.blockSize",
              Integer.toString(pool.blockSize()),
              before.blockSize() + ": a pool keeps its block size"));
    }
  }

  private static void checkUses(IpPool pool, IpPool before, List<Problem> problems) {
    boolean wasForServices = before.allowedUses().contains(AllowedUse.LOAD_BALANCER);
    if (wasForServices && !pool.allowedUses().contains(AllowedUse.LOAD_BALANCER)) {
      problems.add(
          new Problem(
              "spec.allowedUses",
              pool.allowedUses().stream().sorted().map(Words::of).toList().toString(),
              "LoadBalancer: a pool of services stays one"));
    }
  }

  /** Blocks outlive their pool while addresses are held; a new pool must cut them alike. */
  private static void checkBlocks(
      IpPool pool, Collection<IpamBlock> blocks, List<Problem> problems) {
    blocks.stream()
        .filter(block -> !block.deleted() && block.cidr().overlaps(pool.cidr()))
        .filter(block -> block.cidr().length() != pool.blockSize())
        .findFirst()
        .ifPresent(
            block ->
                problems.add(
                    new Problem(
                        "spec.blockSize",
                        Integer.toString(pool.blockSize()),
                        block.cidr().length() + ", as block " + block.cidr() + " has it")));
  }

  private static boolean isTunnel(Allocation holder) {
    return holder.attributes().getOrDefault(TYPE, "").endsWith("TunnelAddress");
  }
}
