// SPDX-License-Identifier: Apache-2.0
package io.margay.dataplane;

import io.margay.api.dataplane.BpfMap;
import io.margay.api.dataplane.BpfMapEntry;
import io.margay.api.dataplane.BpfProgram;
import io.margay.api.dataplane.BpfProgram.Hook;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;

/** A program that counts ICMP packets, and drops those of senders that a map names. */
final class PacketFilter {
  /** Of 64-bit numbers: the first two for two variants of the program, the third adds a link. */
  static final BpfMap COUNTS = BpfMap.ofCounters("counts", List.of("one", "two", "link"));

  /** Keys are IPv4 addresses. */
  static final BpfMap BLOCKED = BpfMap.of("blocked", BpfMap.Type.HASH, 4, 4, 16);

  private static final int R0 = 0;
  private static final int R1 = 1;
  private static final int R2 = 2;
  private static final int R3 = 3;
  private static final int R4 = 4;
  private static final int R6 = 6;
  private static final int FP = 10;
  private static final int MAP_LOOKUP = 1;
  private static final int PASS = 0;
  private static final int DROP = 2;

  private final ByteBuffer code = ByteBuffer.allocate(1024).order(ByteOrder.nativeOrder());

  private PacketFilter() {}

  /** Counts in the first or second number. */
  static BpfProgram on(String link, Hook hook, int counter) {
    PacketFilter f = new PacketFilter();
    f.add(0xbf, R6, R1, 0, 0); // r6 = packet
    f.add(0x61, R2, R6, 76, 0); // r2 = data
    f.add(0x61, R3, R6, 80, 0); // r3 = end
    f.add(0xbf, R4, R2, 0, 0);
    f.add(0x07, R4, 0, 0, 34); // Ethernet and IPv4 headers
    f.add(0x2d, R4, R3, to(30, 5), 0); // shorter: pass
    f.add(0x69, R4, R2, 12, 0);
    f.add(0x55, R4, 0, to(30, 7), 8); // not IPv4: pass
    f.add(0x71, R4, R2, 23, 0);
    f.add(0x55, R4, 0, to(30, 9), 1); // not ICMP: pass
    f.add(0x61, R4, R2, 26, 0);
    f.add(0x63, FP, R4, -8, 0); // sender
    f.add(0x62, FP, 0, -4, counter);
    f.lookup(-4); // 13..17
    f.add(0x15, R0, 0, 3, 0);
    f.add(0x79, R3, R0, 0, 0);
    f.add(0x07, R3, 0, 0, 1);
    f.add(0x7b, R0, R3, 0, 0);
    f.lookup(-8); // 22..26
    f.add(0x15, R0, 0, 2, 0);
    f.add(0xb7, R0, 0, 0, DROP);
    f.add(0x95, 0, 0, 0, 0);
    f.add(0xb7, R0, 0, 0, PASS);
    f.add(0x95, 0, 0, 0, 0);
    return f.named("filter", link, hook).withMap(13, COUNTS.name()).withMap(22, BLOCKED.name());
  }

  /** Adds the index of another link to the third number for each packet. */
  static BpfProgram adding(String link, Hook hook, String other) {
    PacketFilter f = new PacketFilter();
    f.add(0x62, FP, 0, -4, 2);
    f.lookup(-4); // 1..5
    f.add(0x15, R0, 0, 3, 0);
    f.add(0x79, R3, R0, 0, 0);
    f.add(0x07, R3, 0, 0, 0); // 8: the link's index
    f.add(0x7b, R0, R3, 0, 0);
    f.add(0xb7, R0, 0, 0, PASS);
    f.add(0x95, 0, 0, 0, 0);
    return f.named("adder", link, hook).withMap(1, COUNTS.name()).withLink(8, other);
  }

  /** Which the verifier refuses: it reads where it may not. */
  static BpfProgram unsafe(String link) {
    PacketFilter f = new PacketFilter();
    f.add(0x61, R2, R1, 76, 0);
    f.add(0x71, R0, R2, 0, 0);
    f.add(0x95, 0, 0, 0, 0);
    return f.named("unsafe", link, Hook.INGRESS);
  }

  static BpfMapEntry blocked(int a, int b, int c, int d) {
    byte[] address = {(byte) a, (byte) b, (byte) c, (byte) d};
    return BpfMapEntry.of(BLOCKED.name(), address, new byte[] {1, 0, 0, 0});
  }

  /** {@code r0 = map[what is on the stack there]}. */
  private void lookup(int onStack) {
    add(0x18, R1, 0, 0, 0);
    add(0, 0, 0, 0, 0);
    add(0xbf, R2, FP, 0, 0);
    add(0x07, R2, 0, 0, onStack);
    add(0x85, 0, 0, 0, MAP_LOOKUP);
  }

  /** The offset of a jump. */
  private static int to(int target, int from) {
    return target - from - 1;
  }

  private void add(int operation, int to, int from, int offset, int immediate) {
    code.put((byte) operation).put((byte) (to | from << 4));
    code.putShort((short) offset).putInt(immediate);
  }

  private BpfProgram named(String name, String link, Hook hook) {
    byte[] bytes = new byte[code.position()];
    code.flip().get(bytes);
    return BpfProgram.of(name, link, hook, bytes);
  }
}
