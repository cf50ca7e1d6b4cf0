// SPDX-License-Identifier: Apache-2.0
package io.margay.api.resource;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.margay.api.net.Cidr;
import io.margay.api.net.Ip;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class IpamBlockTest {
  private static final Instant NOON = Instant.parse("2026-01-31T12:00:00Z");
  private static final Cidr CIDR = Cidr.parse("10.0.0.0/30");
  private static final Allocation A = Allocation.of("a", Map.of("node", "node1"));
  private static final Allocation B = Allocation.of("b", Map.of("node", "node2"));

  @Test
  void readsCalicosBlock() throws Exception {
    IpamBlock block = IpamBlock.parse(Samples.json("IPAMBlock"));

    assertEquals(Optional.of("node1"), block.owner());
    assertEquals(2, block.freeCount());
    assertEquals(List.of(Ip.parse("10.0.0.1")), block.addressesOf("k8s-pod-network.3c1f"));
    assertEquals(Map.of(Cidr.parse("10.0.0.1/32"), "node2"), block.borrowed());
    assertEquals(1787392800000000002L, block.sequenceNumber());
  }

  @Test
  void recordsTheSequenceNumberOfAnAllocation() {
    IpamBlock block = fresh().withAssigned(addresses("10.0.0.0"), A);

    Map<String, Object> spec = Json.asObject(block.toMap().get("spec")).orElseThrow();
    assertEquals(fresh().sequenceNumber() + 1, block.sequenceNumber());
    assertEquals(Map.of("0", fresh().sequenceNumber()), spec.get("sequenceNumberForAllocation"));
  }

  @Test
  void anAllocationThatIsRenewedHasAnotherSequenceNumber() {
    IpamBlock block = fresh().withAssigned(addresses("10.0.0.0", "10.0.0.1"), A);

    IpamBlock renewed = block.withRenewed(addresses("10.0.0.1"));

    assertEquals(fresh().sequenceNumber(), renewed.sequenceOf(Ip.parse("10.0.0.0")));
    assertEquals(block.sequenceNumber(), renewed.sequenceOf(Ip.parse("10.0.0.1")));
    assertEquals(block.allocations(), renewed.allocations());
    assertEquals(0, renewed.sequenceOf(Ip.parse("10.0.0.2")));
  }

  @Test
  void findsAddressesThatAreInNoQueue() throws Exception {
    String json = new String(fresh().toJson(), StandardCharsets.UTF_8);
    byte[] broken =
        json.replace("\"unallocated\":[0,1,2,3]", "\"unallocated\":[0,2]").getBytes("UTF-8");

    IpamBlock block = IpamBlock.parse(broken);

    assertEquals(addresses("10.0.0.1", "10.0.0.3"), block.lost());
    assertEquals(List.of(), block.withQueued().lost());
    assertEquals(
        addresses("10.0.0.0", "10.0.0.2", "10.0.0.1", "10.0.0.3"),
        block.withQueued().freeAddresses());
  }

  @ParameterizedTest
  @CsvSource({
    "2026-01-31 12:00:00 +0000 UTC, 2026-01-31T12:00:00Z",
    "2026-01-31 12:00:00.5 +0000 UTC, 2026-01-31T12:00:00.500Z",
    "2026-01-31 12:00:00.123456789 +0000 UTC m=+0.004, 2026-01-31T12:00:00.123456789Z",
    "yesterday, ",
  })
  void readsWhenCalicoAssignedAnAddress(String timestamp, Instant expected) {
    Allocation holder = Allocation.of("h", Map.of(Allocation.TIMESTAMP, timestamp));

    assertEquals(Optional.ofNullable(expected), holder.since());
  }

  @Test
  void writesWhenAnAddressWasAssignedAsCalicoDoes() {
    assertEquals(
        "2026-01-31 12:00:00.5 +0000 UTC",
        Allocation.timestamp(Instant.parse("2026-01-31T12:00:00.500Z")));
  }

  @Test
  void sharesOneHolderAmongItsAddresses() {
    IpamBlock block =
        fresh().withAssigned(addresses("10.0.0.0"), A).withAssigned(addresses("10.0.0.2"), A);

    Map<String, Object> spec = Json.asObject(block.toMap().get("spec")).orElseThrow();
    assertEquals(1, ((List<?>) spec.get("attributes")).size());
  }

  @Test
  void refusesToGiveAnAddressTwice() {
    IpamBlock block = fresh().withAssigned(addresses("10.0.0.0"), A);

    assertThrows(
        IllegalArgumentException.class, () -> block.withAssigned(addresses("10.0.0.0"), B));
  }

  @Test
  void keepsAddressesCoolUntilTheLimit() {
    IpamBlock block =
        fresh().withAssigned(addresses("10.0.0.0"), A).withCooling(addresses("10.0.0.0"), NOON);

    assertEquals(3, block.freeCount());
    assertEquals(1, block.coolingCount());
    assertFalse(block.isEmpty());
    assertSame(block, block.withCooledDown(NOON.minusSeconds(1)));
    IpamBlock cold = block.withCooledDown(NOON);
    assertTrue(cold.isEmpty());
    assertEquals("10.0.0.0", Ip.text(cold.freeAddresses().get(3)));
  }

  @Test
  void losesItsOwner() throws Exception {
    IpamBlock block = fresh().withOwner(Optional.empty(), NOON);

    assertEquals(Optional.empty(), block.affinity());
    assertEquals(Optional.empty(), block.affinityClaimTime());
    assertEquals(block, IpamBlock.parse(block.toJson()));
    assertEquals(Optional.of("n"), block.withOwner(Optional.of("n"), NOON).owner());
  }

  /** Any sequence of assignments and releases: what is held and what is free make the block. */
  @Test
  void neverLosesAnAddress() throws Exception {
    Random random = new Random(1);
    for (int run = 0; run < 50; run++) {
      IpamBlock block = IpamBlock.claimedBy("node1", Cidr.parse("fd00::/124"), NOON);
      Map<InetAddress, String> held = new HashMap<>();
      for (int i = 0; i < 60; i++) {
        List<InetAddress> free = block.freeAddresses();
        if (random.nextBoolean() && !free.isEmpty()) {
          InetAddress address = free.get(random.nextInt(free.size()));
          String handle = "h" + random.nextInt(4);
          block = block.withAssigned(List.of(address), Allocation.of(handle, Map.of()));
          held.put(address, handle);
        } else {
          String handle = "h" + random.nextInt(4);
          List<InetAddress> its = new ArrayList<>(block.addressesOf(handle));
          block = block.withReleased(its);
          its.forEach(held::remove);
        }
        block = IpamBlock.parse(block.toJson());
        Map<InetAddress, String> found = new HashMap<>();
        block.allocations().forEach((a, holder) -> found.put(a, holder.handleId().orElseThrow()));
        assertEquals(held, found);
        assertEquals(16, found.size() + block.freeAddresses().stream().distinct().count());
      }
    }
  }

  private static IpamBlock fresh() {
    return IpamBlock.claimedBy("node1", CIDR, NOON);
  }

  private static List<InetAddress> addresses(String... texts) {
    List<InetAddress> list = new ArrayList<>();
    for (String text : texts) {
      list.add(Ip.parse(text));
    }
    return list;
  }
}
