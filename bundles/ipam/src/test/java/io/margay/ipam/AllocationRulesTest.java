// SPDX-License-Identifier: Apache-2.0
package io.margay.ipam;

import static io.margay.ipam.Cluster.certain;
import static io.margay.ipam.Cluster.request;
import static io.margay.ipam.Cluster.texts;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.margay.api.ipam.AddressRequest;
import io.margay.api.ipam.AddressRequest.Use;
import io.margay.api.ipam.Assignment;
import io.margay.api.ipam.IpamException;
import io.margay.api.ipam.IpamException.Reason;
import io.margay.api.net.Cidr;
import io.margay.api.net.IpFamily;
import io.margay.api.resource.Allocation;
import io.margay.api.resource.BlockAffinity;
import io.margay.api.resource.IpPool;
import io.margay.api.resource.IpPool.AllowedUse;
import io.margay.api.resource.IpamBlock;
import io.margay.api.resource.IpamHandle;
import io.margay.testkit.FakeStore;
import java.math.BigInteger;
import java.net.InetAddress;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Sizes of blocks, the order of pools, reservations, limits. */
class AllocationRulesTest {
  private final FakeStore store = new FakeStore(Runnable::run);
  private final Cluster cluster = new Cluster(store);
  private final BlockIpam ipam = new BlockIpam(store, Clock.systemUTC());

  @AfterEach
  void close() {
    ipam.close();
  }

  @ParameterizedTest
  @CsvSource({
    "10.64.0.0/18, 20", "10.64.0.0/22, 24", "10.64.0.0/24, 26", "10.64.0.0/28, 30",
    "10.64.0.0/29, 31", "10.64.0.0/30, 32", "fd00:64::/110, 116", "fd00:64::/48, 122",
    "fd00:64::/126, 127", "fd00:64::/126, 128",
  })
  void givesOutEveryAddressOfBlocksOfAnySize(String cidr, int blockSize) throws Exception {
    cluster.withPool("blue", cidr, blockSize);
    IpFamily family = Cidr.parse(cidr).family();
    int count = Cidr.parse(cidr).size().min(BigInteger.TEN).intValue();
    Set<String> given = new HashSet<>();

    for (int i = 0; i < count; i++) {
      Assignment got = assign(request("h" + i, i % 2 == 0 ? "node1" : "node2", family));
      assertEquals(blockSize, got.addresses().get(0).block().length());
      given.addAll(texts(got));
    }

    assertEquals(count, given.size());
    cluster.checkInvariants();
    if (count < 10) {
      IpamException e =
          assertThrows(IpamException.class, () -> assign(request("x", "node1", family)));
      assertEquals(Reason.EXHAUSTED, e.reason());
    }
    for (int i = 0; i < count; i++) {
      assertEquals(1, ipam.release("h" + i, List.of()));
    }
    assertEquals(Map.of(), cluster.allocations());
  }

  @Test
  void givesOutTheLastAddressOfTheLargestBlock() throws Exception {
    Cidr block = Cidr.parse("10.64.0.0/20");
    IpamBlock empty = IpamBlock.claimedBy("node1", block, Instant.now());
    List<InetAddress> most = empty.freeAddresses().subList(0, 4095);
    Allocation other = Allocation.of("other", Map.of("node", "node1"));
    cluster
        .withPool("blue", "10.64.0.0/20", 20)
        .with(BlockAffinity.of("node1", block, BlockAffinity.State.CONFIRMED))
        .with(IpamHandle.of("other").plus(block, 4095))
        .with(empty.withAssigned(most, other));

    assertEquals(List.of("10.64.15.255"), texts(assign(request("last", "node1"))));

    assertEquals(4096, ipam.usage().pools().get(0).inUse());
    assertThrows(IpamException.class, () -> assign(request("x", "node1")));
    assertEquals(4095, ipam.release("other", List.of()));
    assertEquals(List.of("10.64.0.0"), texts(assign(request("first", "node1"))));
  }

  @Test
  void takesPoolsInTheOrderOfTheirNames() throws Exception {
    cluster.withPool("b", "10.66.0.0/16", 26);
    assertEquals("b", assign(request("first", "node1")).addresses().get(0).pool());

    cluster.withPool("a", "10.65.0.0/30", 30);

    // Although the node has a block with free addresses in b.
    for (int i = 0; i < 4; i++) {
      assertEquals("a", assign(request("h" + i, "node1")).addresses().get(0).pool());
    }
    assertEquals("b", assign(request("last", "node1")).addresses().get(0).pool());
  }

  @Test
  void findsWhatAHugeReservationLeaves() throws Exception {
    cluster
        .withPool("six", "fd00:65::/48", 122)
        .withJson("IPReservation", "low", reservation("fd00:65::/49"));

    assertEquals(List.of("fd00:65:0:8000::"), texts(assign(request("a", "node1", IpFamily.IPV6))));
  }

  @Test
  void claimsNoBlockOfWhichNothingMayBeGiven() throws Exception {
    cluster
        .withPool("blue", "10.65.0.0/29", 30)
        .withJson("IPReservation", "low", reservation("10.65.0.0/31\",\"10.65.0.2/31"));

    assertEquals(List.of("10.65.0.4"), texts(assign(request("a", "node1"))));
    assertEquals(1, cluster.blocks().size());
    assertEquals(List.of("10.65.0.1"), texts(assign(certain("b", "node1", "10.65.0.1"))));
  }

  @Test
  void borrowsAtTheLimitOfBlocks() throws Exception {
    cluster.withPool("blue", "10.65.0.0/24", 30);
    assign(request("other", "node2"));
    for (int i = 0; i < 20 * 4; i++) {
      assign(request("h" + i, "node1"));
    }

    Cidr lent = block(assign(request("x", "node1")));

    assertEquals(Set.of("node1"), Set.copyOf(borrowers(lent)));
    assign(request("y", "node1"));
    assign(request("z", "node1"));

    IpamException e = assertThrows(IpamException.class, () -> assign(request("n", "node1")));
    assertEquals(Reason.BLOCK_LIMIT, e.reason());
    assertTrue(
        e.getMessage().contains("more than 20 blocks (IPAMConfiguration maxBlocksPerHost)"),
        e.getMessage());
  }

  @Test
  void anAddressAskedForNeedNotBeInPoolsAskedFor() throws Exception {
    cluster.withPool("a", "10.65.0.0/26", 26).withPool("b", "10.66.0.0/26", 26);
    AddressRequest certain = certain("h", "node1", "10.66.0.9");
    AddressRequest both =
        new AddressRequest(
            "h",
            "node1",
            Use.WORKLOAD,
            Set.of(),
            List.of("a"),
            certain.addresses(),
            Map.of(),
            Map.of());

    assertEquals(List.of("10.66.0.9"), texts(assign(both)));
  }

  @Test
  void saysOfEachFamilyWhyThereIsNone() throws Exception {
    cluster
        .with(IpPool.of("four", Cidr.parse("10.65.0.0/24")).withDisabled(true))
        .with(
            IpPool.of("six", Cidr.parse("fd00:65::/48"))
                .withAllowedUses(Set.of(AllowedUse.WORKLOAD))
                .withNamespaceSelector("team == 'blue'"));
    AddressRequest request =
        new AddressRequest(
            "h",
            "node1",
            Use.WORKLOAD,
            Set.of(IpFamily.IPV4, IpFamily.IPV6),
            List.of(),
            List.of(),
            Map.of("kubernetes.io/metadata.name", "shop"),
            Map.of());

    IpamException e = assertThrows(IpamException.class, () -> assign(request));

    assertEquals(Reason.NO_POOL, e.reason());
    assertEquals(
        "no IPv4 pool for node node1: pool four (10.65.0.0/24): it is disabled; no IPv6 pool for"
            + " node node1: pool six (fd00:65::/48): its namespaceSelector team == 'blue' does"
            + " not select namespace shop",
        e.getMessage());
  }

  @Test
  void aDisabledPoolTakesNothingFromItsHolders() throws Exception {
    IpPool pool = IpPool.of("blue", Cidr.parse("10.65.0.0/24"));
    cluster.with(pool);
    Assignment before = assign(tunnel());
    cluster.with(pool.withDisabled(true));

    Assignment after = assign(tunnel());

    assertTrue(after.existed());
    assertEquals(before.addresses(), after.addresses());
  }

  @Test
  void findsAPoolOfWhichTheWatchHasNotToldYet() throws Exception {
    List<Runnable> held = new ArrayList<>();
    AtomicBoolean late = new AtomicBoolean();
    FakeStore slow =
        new FakeStore(
            task -> {
              if (late.get()) {
                held.add(task);
              } else {
                task.run();
              }
            });
    BlockIpam waiting = new BlockIpam(slow, Clock.systemUTC());
    late.set(true);
    new Cluster(slow).withPool("blue", "10.65.0.0/24", 26);

    assertEquals(
        "blue", waiting.assign(request("a", "node1"), a -> List.of()).addresses().get(0).pool());
    waiting.close();
  }

  private static AddressRequest tunnel() {
    return new AddressRequest(
        "ipip-tunnel-addr-node1",
        "node1",
        Use.TUNNEL,
        Set.of(IpFamily.IPV4),
        List.of("blue"),
        List.of(),
        Map.of(),
        Map.of());
  }

  private static String reservation(String cidrs) {
    return """
    {"apiVersion":"projectcalico.org/v3","kind":"IPReservation","metadata":{"name":"low"},
     "spec":{"reservedCIDRs":["%s"]}}
    """
        .formatted(cidrs);
  }

  private List<String> borrowers(Cidr block) throws Exception {
    return cluster.blocks().stream()
        .filter(b -> b.cidr().equals(block) && b.owner().equals(Optional.of("node2")))
        .flatMap(b -> b.borrowed().values().stream())
        .toList();
  }

  private static Cidr block(Assignment assignment) {
    return assignment.addresses().get(0).block();
  }

  private Assignment assign(AddressRequest request) throws IpamException {
    return ipam.assign(request, a -> List.of());
  }
}
