// SPDX-License-Identifier: Apache-2.0
package io.margay.ipam;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.margay.api.net.Cidr;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;

class BlockSpaceTest {
  private static final Cidr POOL = Cidr.parse("10.65.0.0/24");

  @Test
  void goesOnceAroundFromAnyPlace() {
    BlockSpace space = new BlockSpace(POOL, 26, List.of());

    assertEquals("[10.65.0.0/26, 10.65.0.64/26, 10.65.0.128/26, 10.65.0.192/26]", text(space, 0));
    assertEquals("[10.65.0.128/26, 10.65.0.192/26, 10.65.0.0/26, 10.65.0.64/26]", text(space, 6));
    assertEquals("[10.65.0.192/26, 10.65.0.0/26, 10.65.0.64/26, 10.65.0.128/26]", text(space, -1));
  }

  @Test
  void leavesHugeReservationsAtOneStep() {
    Cidr pool = Cidr.parse("fd00:65::/48");
    BlockSpace space = new BlockSpace(pool, 122, List.of(Cidr.parse("fd00:65::/49")));

    assertEquals(Cidr.parse("fd00:65:0:8000::/122"), space.from(123_456_789).iterator().next());
    assertEquals(List.of(), blocks(new BlockSpace(pool, 122, List.of(Cidr.parse("fd00::/16"))), 7));
  }

  @Test
  void leavesOutBlocksThatAreReservedInParts() {
    List<Cidr> reserved =
        List.of(
            Cidr.parse("10.65.0.64/27"),
            Cidr.parse("10.65.0.96/27"),
            Cidr.parse("10.65.0.100/32"),
            Cidr.parse("10.65.0.128/27"));

    assertEquals(
        "[10.65.0.0/26, 10.65.0.128/26, 10.65.0.192/26]",
        text(new BlockSpace(POOL, 26, reserved), 0));
  }

  /** Each block with an address that is not reserved, and no other, exactly once. */
  @Test
  void hasWhatCountingFinds() {
    Random random = new Random(4);
    for (int round = 0; round < 500; round++) {
      int length = 24 + random.nextInt(9);
      List<Cidr> reserved = new ArrayList<>();
      for (int i = random.nextInt(6); i > 0; i--) {
        // Some lie around the pool, some beside it.
        int bits = 22 + random.nextInt(11);
        reserved.add(
            Cidr.containing(Cidr.parse("10.65.0.0/22").address(random.nextInt(1024)), bits));
      }
      int size = 1 << 32 - length;
      List<Cidr> expected =
          IntStream.range(0, 256 / size)
              .mapToObj(i -> new Cidr(POOL.address((long) i * size), length))
              .filter(block -> hasFree(block, size, reserved))
              .toList();

      List<Cidr> found = new ArrayList<>(blocks(new BlockSpace(POOL, length, reserved), round));
      Collections.sort(found);

      assertEquals(expected, found, "reserved: " + reserved);
    }
  }

  private static boolean hasFree(Cidr block, int size, List<Cidr> reserved) {
    return IntStream.range(0, size)
        .mapToObj(block::address)
        .anyMatch(address -> reserved.stream().noneMatch(r -> r.contains(address)));
  }

  private static List<Cidr> blocks(BlockSpace space, long seed) {
    return StreamSupport.stream(space.from(seed).spliterator(), false).toList();
  }

  private static String text(BlockSpace space, long seed) {
    return blocks(space, seed).toString();
  }
}
