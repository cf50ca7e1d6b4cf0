// SPDX-License-Identifier: Apache-2.0
package io.margay.api.resource;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.margay.api.net.Cidr;
import io.margay.api.net.Ip;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

class PoolRulesTest {
  private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");
  private static final IpPool POOL = IpPool.of("default", Cidr.parse("10.65.0.0/16"));

  @Test
  void acceptsANewPoolBesideOthers() {
    IpPool other = IpPool.of("other", Cidr.parse("10.66.0.0/16"));

    assertEquals(
        List.of(), PoolRules.problems(POOL, Optional.empty(), List.of(POOL, other), List.of()));
  }

  @Test
  void refusesAnOverlap() {
    IpPool wide = IpPool.of("wide", Cidr.parse("10.64.0.0/10"));

    assertEquals(
        "[spec.cidr: 10.65.0.0/16 (expected: no overlap with 10.64.0.0/10 of IPPool/wide)]",
        PoolRules.problems(POOL, Optional.empty(), List.of(wide), List.of()).toString());
  }

  @Test
  void refusesToMoveAPool() {
    IpPool moved = IpPool.of("default", Cidr.parse("10.67.0.0/16"), 28);

    assertEquals(
        "[spec.cidr: 10.67.0.0/16 (expected: 10.65.0.0/16: a pool keeps its range),"
            + " spec.blockSize: 28 (expected: 26: a pool keeps its block size)]",
        PoolRules.problems(moved, Optional.of(POOL), List.of(POOL), List.of()).toString());
  }

  @Test
  void refusesToGiveAPoolOfServicesToPods() {
    IpPool services = POOL.withAllowedUses(Set.of(IpPool.AllowedUse.LOAD_BALANCER));

    assertEquals(
        "[spec.allowedUses: [Workload, Tunnel] (expected: LoadBalancer: a pool of services stays"
            + " one)]",
        PoolRules.problems(POOL, Optional.of(services), List.of(), List.of()).toString());
  }

  @Test
  void refusesAnotherBlockSizeThanBlocksLeftBehind() {
    IpamBlock block = IpamBlock.claimedBy("node1", Cidr.parse("10.65.0.64/28"), NOW);

    assertEquals(
        "[spec.blockSize: 26 (expected: 28, as block 10.65.0.64/28 has it)]",
        PoolRules.problems(POOL, Optional.empty(), List.of(), List.of(block)).toString());
  }

  @Test
  void countsAddressesOfWorkloadsOnly() {
    IpamBlock block =
        IpamBlock.claimedBy("node1", Cidr.parse("10.65.0.64/26"), NOW)
            .withAssigned(List.of(Ip.parse("10.65.0.64")), Allocation.of("pod", Map.of()))
            .withAssigned(List.of(Ip.parse("10.65.0.65")), Allocation.of("old", Map.of()))
            .withAssigned(
                List.of(Ip.parse("10.65.0.66")),
                Allocation.of("tunnel", Map.of("type", "ipipTunnelAddress")))
            .withCooling(List.of(Ip.parse("10.65.0.65")), NOW);
    IpPool elsewhere = IpPool.of("other", Cidr.parse("10.66.0.0/16"));

    assertEquals(1, PoolRules.addressesInUse(POOL, List.of(block)));
    assertEquals(0, PoolRules.addressesInUse(elsewhere, List.of(block)));
  }
}
