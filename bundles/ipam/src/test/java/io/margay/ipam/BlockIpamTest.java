// SPDX-License-Identifier: Apache-2.0
package io.margay.ipam;

import static io.margay.ipam.Cluster.certain;
import static io.margay.ipam.Cluster.request;
import static io.margay.ipam.Cluster.texts;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.margay.api.health.Health;
import io.margay.api.ipam.AddressRequest;
import io.margay.api.ipam.AddressRequest.Use;
import io.margay.api.ipam.Assignment;
import io.margay.api.ipam.IpamException;
import io.margay.api.ipam.IpamException.Reason;
import io.margay.api.ipam.Usage;
import io.margay.api.net.Cidr;
import io.margay.api.net.Ip;
import io.margay.api.net.IpFamily;
import io.margay.api.resource.IpPool;
import io.margay.api.resource.IpPool.AllowedUse;
import io.margay.api.resource.IpPool.AssignmentMode;
import io.margay.api.resource.IpamBlock;
import io.margay.api.resource.IpamHandle;
import io.margay.api.store.Expected;
import io.margay.api.store.Key;
import io.margay.api.store.Write;
import io.margay.testkit.FakeStore;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class BlockIpamTest {
  private static final Clock NOON =
      Clock.fixed(Instant.parse("2026-01-31T12:00:00Z"), ZoneOffset.UTC);

  private static final String STRICT =
      """
      {"apiVersion":"projectcalico.org/v3","kind":"IPAMConfiguration",
       "metadata":{"name":"default"},"spec":{"strictAffinity":true}}
      """;

  private final FakeStore store = new FakeStore(Runnable::run);
  private final Cluster cluster = new Cluster(store);
  private final BlockIpam ipam = new BlockIpam(store, NOON);

  @AfterEach
  void close() {
    ipam.close();
  }

  @Test
  void givesTheAddressesOfABlockInOrder() throws Exception {
    cluster.withPool("blue", "10.65.0.0/26", 26);

    assertEquals(List.of("10.65.0.0"), texts(assign(request("a", "node1"))));
    assertEquals(List.of("10.65.0.1"), texts(assign(request("b", "node1"))));

    IpamBlock block = cluster.blocks().get(0);
    assertEquals(Optional.of("node1"), block.owner());
    assertEquals(
        Map.of("pod", "b", "node", "node1", "timestamp", "2026-01-31 12:00:00 +0000 UTC"),
        block.holder(Ip.parse("10.65.0.1")).orElseThrow().attributes());
    cluster.checkInvariants();
  }

  @Test
  void givesARepeatedRequestWhatItHolds() throws Exception {
    cluster.withPool("blue", "10.65.0.0/26", 26);

    Assignment first = assign(request("a", "node1"));
    Assignment second = assign(request("a", "node1"));

    assertFalse(first.existed());
    assertTrue(second.existed());
    assertEquals(first.addresses(), second.addresses());
    assertEquals(Map.of("10.65.0.0", "a"), cluster.allocations());
  }

  @Test
  void givesBothFamilies() throws Exception {
    cluster.withPool("blue", "10.65.0.0/26", 26).withPool("six", "fd00:65::/116", 122);

    Assignment got = assign(request("a", "node1", IpFamily.IPV4, IpFamily.IPV6));

    assertEquals("10.65.0.0", texts(got).get(0));
    assertEquals(2, got.addresses().size());
    assertEquals("six", got.addresses().get(1).pool());
    assertEquals(2, cluster.handle("a").orElseThrow().blocks().size());
  }

  @Test
  void addsTheFamilyThatIsMissing() throws Exception {
    cluster.withPool("blue", "10.65.0.0/26", 26).withPool("six", "fd00:65::/122", 122);
    assign(request("a", "node1"));

    Assignment got = assign(request("a", "node1", IpFamily.IPV4, IpFamily.IPV6));

    assertEquals(List.of("10.65.0.0", "fd00:65::"), texts(got));
    assertFalse(got.existed());
  }

  @Test
  void namesOfOneFamilyLeaveTheOtherToTheSelectors() throws Exception {
    cluster
        .withPool("blue", "10.65.0.0/26", 26)
        .withPool("green", "10.66.0.0/26", 26)
        .withPool("six", "fd00:65::/122", 122);
    Set<IpFamily> both = Set.of(IpFamily.IPV4, IpFamily.IPV6);

    Assignment got = assign(asking("a", both, "green"));

    assertEquals(List.of("10.66.0.0", "fd00:65::"), texts(got));
  }

  @Test
  void assignsNothingWhenOneFamilyIsMissing() throws Exception {
    cluster.withPool("blue", "10.65.0.0/26", 26);

    IpamException e =
        assertThrows(
            IpamException.class, () -> assign(request("a", "node1", IpFamily.IPV4, IpFamily.IPV6)));

    assertEquals(Reason.NO_POOL, e.reason());
    assertEquals("no IPv6 pool for node node1: there is no pool", e.getMessage());
    assertEquals(Map.of(), cluster.allocations());
    assertEquals(Optional.empty(), cluster.handle("a"));
  }

  @Test
  void releasesToTheEndOfTheQueue() throws Exception {
    cluster.withPool("blue", "10.65.0.0/30", 30);
    assign(request("a", "node1"));
    assign(request("b", "node1"));

    assertEquals(1, ipam.release("a", List.of()));

    assertEquals(Optional.empty(), cluster.handle("a"));
    assertEquals(List.of("10.65.0.2"), texts(assign(request("c", "node1"))));
    assertEquals(List.of("10.65.0.3"), texts(assign(request("d", "node1"))));
    assertEquals(List.of("10.65.0.0"), texts(assign(request("e", "node1"))));
    cluster.checkInvariants();
  }

  @Test
  void releasesNothingTwice() throws Exception {
    cluster.withPool("blue", "10.65.0.0/30", 30);
    assign(request("a", "node1"));

    assertEquals(1, ipam.release("a", List.of()));
    assertEquals(0, ipam.release("a", List.of()));
    assertEquals(0, ipam.release("never", List.of()));
  }

  @Test
  void writesFurtherDocumentsAlong() throws Exception {
    cluster.withPool("blue", "10.65.0.0/30", 30);
    Key key = Key.of("Note", "a");

    Assignment got =
        ipam.assign(
            request("a", "node1"),
            a -> List.of(Write.put(key, texts(a).toString().getBytes(), Expected.ABSENT)));

    assertEquals("[10.65.0.0]", new String(store.get(key).orElseThrow().json()));
    assertEquals(List.of("10.65.0.0"), texts(got));
    assertEquals(1, ipam.release("a", List.of(Write.delete(key, Expected.ANY))));
    assertEquals(Optional.empty(), store.get(key));
  }

  @Test
  void takesTheAddressBackWhenAFurtherDocumentCannotBeWritten() throws Exception {
    cluster.withPool("blue", "10.65.0.0/30", 30);
    Key key = Key.of("Note", "a");
    store.put(key, new byte[] {'1'}, Expected.ABSENT);

    IpamException e =
        assertThrows(
            IpamException.class,
            () ->
                ipam.assign(
                    request("a", "node1"),
                    a -> List.of(Write.put(key, new byte[] {'2'}, Expected.ABSENT))));

    assertEquals(Reason.CONTENTION, e.reason());
    assign(request("b", "node1")); // The same thread serves it, after what must be taken back.
    assertEquals(Set.of("b"), Set.copyOf(cluster.allocations().values()));
    assertEquals(Optional.empty(), cluster.handle("a"));
  }

  @Test
  void aFailingFunctionHurtsOnlyItsCaller() throws Exception {
    cluster.withPool("blue", "10.65.0.0/30", 30);

    assertThrows(
        IpamException.class,
        () ->
            ipam.assign(
                request("a", "node1"),
                a -> {
                  throw new IllegalStateException("no");
                }));

    assertEquals(List.of("10.65.0.0"), texts(assign(request("b", "node1"))));
    assertEquals(Map.of("10.65.0.0", "b"), cluster.allocations());
  }

  @Test
  void claimsTheNextBlockBeforeTheLastIsFull() throws Exception {
    cluster.withPool("blue", "10.65.0.0/28", 30);

    assign(request("a", "node1"));
    assign(request("b", "node1"));
    assertEquals(1, cluster.blocks().size());
    assign(request("c", "node1"));
    ipam.release("none", List.of()); // Served after the claim.

    assertEquals(2, cluster.blocks().size());
    assertTrue(cluster.blocks().stream().allMatch(b -> b.owner().equals(Optional.of("node1"))));
  }

  @Test
  void nodesHaveBlocksOfTheirOwn() throws Exception {
    cluster.withPool("blue", "10.65.0.0/24", 26);

    Assignment one = assign(request("a", "node1"));
    Assignment two = assign(request("b", "node2"));

    assertFalse(one.addresses().get(0).block().equals(two.addresses().get(0).block()));
    cluster.checkInvariants();
  }

  @Test
  void borrowsWhenNoBlockIsLeft() throws Exception {
    cluster.withPool("blue", "10.65.0.0/30", 30);
    assign(request("a", "node1"));

    Assignment got = assign(request("b", "node2"));

    assertEquals(List.of("10.65.0.1"), texts(got));
    assertEquals(Map.of(Cidr.parse("10.65.0.1/32"), "node2"), cluster.blocks().get(0).borrowed());
  }

  @Test
  void borrowsNothingUnderStrictAffinity() throws Exception {
    cluster.withPool("blue", "10.65.0.0/30", 30).withJson("IPAMConfiguration", "default", STRICT);
    assign(request("a", "node1"));

    IpamException e = assertThrows(IpamException.class, () -> assign(request("b", "node2")));

    assertEquals(Reason.EXHAUSTED, e.reason());
    assertEquals(
        "no free IPv4 address for node node2: pool blue (10.65.0.0/30) has 1 blocks of /30 with 3"
            + " free addresses of other nodes (strictAffinity)",
        e.getMessage());
    assertEquals(Optional.empty(), cluster.handle("b"));
  }

  @Test
  void saysWhenAllIsTaken() throws Exception {
    cluster.withPool("blue", "10.65.0.0/31", 31);
    assign(request("a", "node1"));
    assign(request("b", "node1"));

    IpamException e = assertThrows(IpamException.class, () -> assign(request("c", "node1")));

    assertEquals(Reason.EXHAUSTED, e.reason());
    assertEquals(
        "no free IPv4 address for node node1: pool blue (10.65.0.0/31) has 1 blocks of /31 with 0"
            + " free addresses",
        e.getMessage());
  }

  @Test
  void keepsToTheLimitOfBlocks() throws Exception {
    cluster
        .withPool("blue", "10.65.0.0/28", 30)
        .withJson(
            "IPAMConfiguration",
            "default",
            STRICT.replace("true}", "true,\"maxBlocksPerHost\":1}"));
    for (int i = 0; i < 4; i++) {
      assign(request("h" + i, "node1"));
    }

    IpamException e = assertThrows(IpamException.class, () -> assign(request("x", "node1")));

    assertEquals(Reason.BLOCK_LIMIT, e.reason());
    assertEquals(1, cluster.blocks().size());
  }

  @Test
  void saysWhyEachPoolWasNotTaken() throws Exception {
    cluster
        .withNode("node1", Map.of("rack", "1"))
        .with(IpPool.of("a", Cidr.parse("10.1.0.0/24")).withDisabled(true))
        .with(IpPool.of("b", Cidr.parse("10.2.0.0/24")).withNodeSelector("rack == \"2\""))
        .with(
            IpPool.of("c", Cidr.parse("10.3.0.0/24"))
                .withAllowedUses(Set.of(AllowedUse.WORKLOAD))
                .withNamespaceSelector("has(team)"))
        .with(IpPool.of("d", Cidr.parse("10.4.0.0/24")).withAssignmentMode(AssignmentMode.MANUAL))
        .with(IpPool.of("e", Cidr.parse("10.5.0.0/24")).withAllowedUses(Set.of(AllowedUse.TUNNEL)));

    IpamException e = assertThrows(IpamException.class, () -> assign(request("x", "node1")));

    assertEquals(Reason.NO_POOL, e.reason());
    assertEquals(
        "no IPv4 pool for node node1: pool a (10.1.0.0/24): it is disabled;"
            + " pool b (10.2.0.0/24): its nodeSelector rack == \"2\" does not select node node1;"
            + " pool c (10.3.0.0/24): its namespaceSelector has(team) does not select the"
            + " namespace;"
            + " pool d (10.4.0.0/24): its assignmentMode is Manual, and the request does not name"
            + " it;"
            + " pool e (10.5.0.0/24): its allowedUses are Tunnel, not Workload",
        e.getMessage());
  }

  @Test
  void takesTheFirstPoolThatSelectsTheNode() throws Exception {
    cluster
        .withNode("node1", Map.of("rack", "1"))
        .with(IpPool.of("a", Cidr.parse("10.1.0.0/24")).withNodeSelector("rack == \"2\""))
        .with(IpPool.of("b", Cidr.parse("10.2.0.0/24")).withNodeSelector("rack == \"1\""));

    assertEquals("b", assign(request("x", "node1")).addresses().get(0).pool());
  }

  @Test
  void takesAPoolByNameOrCidrWhateverItsSelectors() throws Exception {
    cluster
        .withPool("a", "10.1.0.0/24", 26)
        .with(IpPool.of("b", Cidr.parse("10.2.0.0/24")).withNodeSelector("has(never)"));

    assertEquals("b", assign(asking("x", "b")).addresses().get(0).pool());
    assertEquals("b", assign(asking("y", "10.2.0.0/24")).addresses().get(0).pool());
  }

  @Test
  void refusesARequestThatNamesAPoolWhichCannotServe() throws Exception {
    cluster
        .withPool("a", "10.1.0.0/24", 26)
        .with(IpPool.of("b", Cidr.parse("10.2.0.0/24")).withDisabled(true));

    IpamException unknown = assertThrows(IpamException.class, () -> assign(asking("x", "a", "c")));
    IpamException disabled = assertThrows(IpamException.class, () -> assign(asking("x", "a", "b")));

    assertEquals(
        "no IPv4 pool for node node1: pool c: there is none of this name or CIDR",
        unknown.getMessage());
    assertEquals(
        "no IPv4 pool for node node1: pool b (10.2.0.0/24): it is disabled", disabled.getMessage());
  }

  @Test
  void givesACertainAddress() throws Exception {
    cluster.withPool("blue", "10.65.0.0/24", 26);

    assertEquals(List.of("10.65.0.77"), texts(assign(certain("a", "node1", "10.65.0.77"))));
    assertTrue(assign(certain("a", "node1", "10.65.0.77")).existed());

    assertUnavailable(certain("b", "node1", "10.65.0.77"), "address 10.65.0.77: it is held by a");
    assertUnavailable(
        certain("b", "node1", "10.66.0.1"), "address 10.66.0.1: no pool for it: there is no pool");
    assertEquals(Optional.empty(), cluster.handle("b"));
    cluster.checkInvariants();
  }

  @Test
  void givesReservedAddressesOnlyByRequest() throws Exception {
    cluster
        .withPool("blue", "10.65.0.0/30", 30)
        .withJson(
            "IPReservation",
            "gateways",
            """
            {"apiVersion":"projectcalico.org/v3","kind":"IPReservation",
             "metadata":{"name":"gateways"},"spec":{"reservedCIDRs":["10.65.0.0/31"]}}
            """);

    assertEquals(List.of("10.65.0.2"), texts(assign(request("a", "node1"))));
    assertEquals(List.of("10.65.0.0"), texts(assign(certain("b", "node1", "10.65.0.0"))));
  }

  @Test
  void letsReleasedAddressesCoolDown() throws Exception {
    cluster
        .withPool("blue", "10.65.0.0/31", 31)
        .withJson(
            "IPAMConfiguration",
            "default",
            STRICT.replace("true}", "true,\"ipCooldownSeconds\":60}"));
    assign(request("a", "node1"));
    assign(request("b", "node1"));
    ipam.release("a", List.of());

    assertThrows(IpamException.class, () -> assign(request("c", "node1")));

    Clock later = Clock.fixed(NOON.instant().plusSeconds(61), ZoneOffset.UTC);
    try (AutoCloseableIpam other = new AutoCloseableIpam(new BlockIpam(store, later))) {
      Assignment got = other.ipam().assign(request("c", "node1"), a -> List.of());
      assertEquals(List.of("10.65.0.0"), texts(got));
    }
  }

  @Test
  void triesAgainWhenSomebodyElseWritesTheBlock() throws Exception {
    cluster.withPool("blue", "10.65.0.0/29", 29);
    assign(request("a", "node1"));
    try (AutoCloseableIpam other = new AutoCloseableIpam(new BlockIpam(store, NOON))) {
      store.beforeNextWrite(
          writes -> {
            try {
              other.ipam().assign(request("b", "node1"), a -> List.of());
            } catch (IpamException e) {
              throw new IllegalStateException(e);
            }
          });

      assertEquals(List.of("10.65.0.2"), texts(assign(request("c", "node1"))));
    }

    assertEquals(
        Map.of("10.65.0.0", "a", "10.65.0.1", "b", "10.65.0.2", "c"), cluster.allocations());
    cluster.checkInvariants();
  }

  /** After a crash between handle and block, a late release meets a repeated request. */
  @Test
  void aReleaseThatSawNoAddressCannotDropTheHandleOfANewOne() throws Exception {
    cluster.withPool("blue", "10.65.0.0/29", 29);
    Cidr block = assign(request("a", "node1")).addresses().get(0).block();
    cluster.with(IpamHandle.of("b").plus(block, 1));
    try (AutoCloseableIpam other = new AutoCloseableIpam(new BlockIpam(store, NOON))) {
      store.beforeNextWrite(
          writes -> {
            try {
              other.ipam().release("b", List.of());
            } catch (IpamException e) {
              throw new IllegalStateException(e);
            }
          });

      assertEquals(List.of("10.65.0.1"), texts(assign(request("b", "node1"))));
    }

    assertEquals(Map.of(block, 1), cluster.handle("b").orElseThrow().blocks());
    cluster.checkInvariants();
  }

  @Test
  void leavesTheBlockToWhoeverWasFirst() throws Exception {
    cluster.withPool("blue", "10.65.0.0/29", 30);
    List<Cidr> stolen = new ArrayList<>();
    store.beforeNextWrite(
        writes -> {
          IpamBlock wanted;
          try {
            wanted = IpamBlock.parse(writes.get(1).json().orElseThrow());
            IpamBlock theirs = IpamBlock.claimedBy("node2", wanted.cidr(), NOON.instant());
            store.put(theirs.key(), theirs.toJson(), Expected.ABSENT);
          } catch (Exception e) {
            throw new IllegalStateException(e);
          }
          stolen.add(wanted.cidr());
        });

    Assignment got = assign(request("a", "node1"));

    assertFalse(stolen.contains(got.addresses().get(0).block()));
    assertEquals(1, store.list("BlockAffinity").entries().size());
    cluster.checkInvariants();
  }

  @Test
  void refusesAHandleWhoseDocumentIsAnothers() throws Exception {
    cluster.withPool("blue", "10.65.0.0/29", 30);
    assign(request("net.ABC", "node1"));

    IpamException e = assertThrows(IpamException.class, () -> assign(request("net.abc", "node1")));

    assertEquals("net.abc: the document of this handle belongs to net.ABC", e.getMessage());
  }

  @Test
  void failsWhileTheStoreIsAway() throws Exception {
    cluster.withPool("blue", "10.65.0.0/29", 30);
    store.lose("network down");

    IpamException e = assertThrows(IpamException.class, () -> assign(request("a", "node1")));
    store.restore();

    assertEquals(Reason.STORE, e.reason());
    assertEquals("a: network down", e.getMessage());
    assertEquals(1, assign(request("a", "node1")).addresses().size());
    cluster.checkInvariants();
  }

  @Test
  void refusesAfterClose() {
    ipam.close();

    IpamException e = assertThrows(IpamException.class, () -> assign(request("a", "node1")));

    assertEquals("a: address assignment is stopping", e.getMessage());
  }

  @Test
  void countsWhatIsInUse() throws Exception {
    cluster.withPool("blue", "10.65.0.0/28", 30).withPool("six", "fd00:65::/122", 122);
    assign(request("a", "node1"));

    Usage usage = ipam.usage();

    assertEquals(List.of("blue", "six"), usage.pools().stream().map(p -> p.pool()).toList());
    assertEquals(1, usage.pools().get(0).inUse());
    assertEquals(16, usage.pools().get(0).size().intValue());
    assertEquals(Optional.of("node1"), usage.pools().get(0).blocks().get(0).node());
  }

  @Test
  void saysWhenAPoolIsFull() throws Exception {
    cluster.withPool("blue", "10.65.0.0/31", 31).withPool("six", "fd00:65::/122", 122);
    assign(request("a", "node1"));
    assertEquals(List.of(Health.ok("ipam")), ipam.check());

    assign(request("b", "node1"));

    assertEquals(
        List.of(
            Health.degraded("ipam", "no address left in pool blue (10.65.0.0/31): see ipam:show")),
        ipam.check());
  }

  /** A second process over the same store. */
  private record AutoCloseableIpam(BlockIpam ipam) implements AutoCloseable {
    @Override
    public void close() {
      ipam.close();
    }
  }

  private Assignment assign(AddressRequest request) throws IpamException {
    return ipam.assign(request, a -> List.of());
  }

  private void assertUnavailable(AddressRequest request, String message) {
    IpamException e = assertThrows(IpamException.class, () -> assign(request));
    assertEquals(Reason.ADDRESS_UNAVAILABLE, e.reason());
    assertEquals(message, e.getMessage());
  }

  private static AddressRequest asking(String handle, String... pools) {
    return asking(handle, Set.of(IpFamily.IPV4), pools);
  }

  private static AddressRequest asking(String handle, Set<IpFamily> families, String... pools) {
    return new AddressRequest(
        handle, "node1", Use.WORKLOAD, families, List.of(pools), List.of(), Map.of(), Map.of());
  }
}
