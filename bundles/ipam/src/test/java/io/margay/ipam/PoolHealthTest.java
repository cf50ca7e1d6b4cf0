// SPDX-License-Identifier: Apache-2.0
package io.margay.ipam;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.margay.api.health.Health;
import io.margay.api.net.Cidr;
import io.margay.api.resource.Allocation;
import io.margay.api.resource.IpPool;
import io.margay.api.resource.IpamBlock;
import io.margay.api.resource.IpamConfiguration;
import io.margay.testkit.FakeStore;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class PoolHealthTest {
  private static final PoolHealth HEALTH = new PoolHealth(75, 50);

  private final FakeStore store = new FakeStore(Runnable::run);
  private final Cluster cluster = new Cluster(store);
  private final StoreView view = new StoreView(store);

  @AfterEach
  void close() {
    view.close();
  }

  @Test
  void warnsOfAPoolThatFillsUp() throws Exception {
    cluster.withPool("blue", "10.65.0.0/29", 30).withPool("six", "fd00:65::/48", 122);
    holding("10.65.0.0/30", 4);
    holding("10.65.0.4/30", 1);
    assertEquals(Health.ok("ipam"), HEALTH.check(view));

    holding("10.65.0.4/30", 2);
    assertEquals(
        "pool blue (10.65.0.0/29) is 75% in use, 2 addresses are left: see ipam:show",
        HEALTH.check(view).detail());

    holding("10.65.0.4/30", 4);
    assertEquals(
        Health.degraded("ipam", "no address left in pool blue (10.65.0.0/29): see ipam:show"),
        HEALTH.check(view));
  }

  @Test
  void leavesDisabledPoolsAlone() throws Exception {
    cluster.with(IpPool.of("blue", Cidr.parse("10.65.0.0/30"), 30).withDisabled(true));
    holding("10.65.0.0/30", 4);

    assertEquals(Health.ok("ipam"), HEALTH.check(view));
  }

  @Test
  void warnsOfANodeThatMayClaimNoMore() throws Exception {
    cluster.withPool("blue", "10.65.0.0/24", 30);
    cluster.with(
        IpamConfiguration.DEFAULT.withSpec(Map.of("strictAffinity", true, "maxBlocksPerHost", 2L)));
    holding("10.65.0.0/30", 3);
    assertEquals(Health.ok("ipam"), HEALTH.check(view));

    holding("10.65.0.4/30", 1);
    assertEquals(
        Health.degraded(
            "ipam",
            "node node1 has all the 2 blocks it may have, and 50% of them is in use:"
                + " see ipam:show"),
        HEALTH.check(view));
  }

  @Test
  void refusesThresholdsThatAreNoPercentages() {
    assertEquals(
        "nodeWarnPercent: 0 (expected: 1..100)",
        assertThrows(IllegalArgumentException.class, () -> new PoolHealth(85, 0)).getMessage());
  }

  private void holding(String block, int count) throws Exception {
    IpamBlock free = IpamBlock.claimedBy("node1", Cidr.parse(block), Instant.EPOCH);
    cluster.with(
        free.withAssigned(
            free.freeAddresses().subList(0, count), Allocation.of("h", Map.of("node", "node1"))));
  }

  @Test
  void countsTheBlocksOfEachFamilyByThemselves() throws Exception {
    cluster.withPool("blue", "10.65.0.0/24", 30).withPool("six", "fd00:65::/48", 126);
    cluster.with(
        IpamConfiguration.DEFAULT.withSpec(Map.of("strictAffinity", true, "maxBlocksPerHost", 2L)));
    holding("10.65.0.0/30", 4);
    holding("fd00:65::/126", 4);

    assertEquals(List.of(Health.ok("ipam")), List.of(HEALTH.check(view)));
  }
}
