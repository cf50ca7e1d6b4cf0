// SPDX-License-Identifier: Apache-2.0
package io.margay.ipip;

import static io.margay.ipip.Assembler.Size.BYTE;
import static io.margay.ipip.Assembler.Size.HALF;
import static io.margay.ipip.Assembler.Size.WORD;
import static io.margay.ipip.Packet.BPF_ADJ_ROOM_MAC;
import static io.margay.ipip.Packet.BPF_F_ADJ_ROOM_FIXED_GSO;
import static io.margay.ipip.Packet.BPF_F_ADJ_ROOM_NO_CSUM_RESET;
import static io.margay.ipip.Packet.ETHERNET_BYTES;
import static io.margay.ipip.Packet.IP_BYTES;
import static io.margay.ipip.Register.R0;
import static io.margay.ipip.Register.R1;
import static io.margay.ipip.Register.R2;
import static io.margay.ipip.Register.R3;
import static io.margay.ipip.Register.R4;
import static io.margay.ipip.Register.R5;
import static io.margay.ipip.Register.R6;
import static io.margay.ipip.Register.R7;
import static io.margay.ipip.Register.R8;
import static io.margay.ipip.Register.R9;
import static io.margay.ipip.Register.STACK;

import io.margay.api.dataplane.BpfMap;
import io.margay.api.dataplane.BpfMapEntry;
import io.margay.api.dataplane.BpfProgram;
import io.margay.api.dataplane.BpfProgram.Hook;
import java.net.InetAddress;

/**
 * The program that takes the outer header off packets to this node that arrive by an uplink, RFC
 * 2003; the kernel goes on with the inner packet as if that had arrived there.
 *
 * <p>A tunnel packet to this node that comes from no known node, that is a fragment, has options,
 * or has no IPv4 packet inside, is dropped. All other packets pass untouched.
 */
final class Decapsulation {
  static final String PEERS = "ipip_peers";

  private static final int MAX_PEERS = 16_384;
  private static final byte[] KNOWN = {1, 0, 0, 0};

  private static final int OUTER = ETHERNET_BYTES;
  private static final int INNER = OUTER + IP_BYTES;
  private static final int LEAST_BYTES = INNER + IP_BYTES;

  /** On the stack. */
  private static final int SCRATCH = -8;

  private static final int ECN_BEHIND_VERSION = Packet.ECN << 8;

  private Decapsulation() {}

  /** The nodes from which packets are taken, by address. */
  static BpfMap peers() {
    return BpfMap.of(PEERS, BpfMap.Type.HASH, 4, KNOWN.length, MAX_PEERS);
  }

  static BpfMapEntry peer(InetAddress address) {
    return BpfMapEntry.of(PEERS, address.getAddress(), KNOWN);
  }

  /**
   * The program.
   *
   * @param uplink on which it is
   * @param local the node's address
   */
  static BpfProgram program(String uplink, InetAddress local) {
    Assembler program = new Assembler();
    passOthers(program, Packet.word(local));
    check(program);
    copyCongestion(program);
    removeHeader(program);
    finish(program);
    return program.program("ipip_decap", uplink, Hook.INGRESS);
  }

  /** R6 = packet, R2 = its first byte. */
  private static void passOthers(Assembler program, int local) {
    reach(program.move(R6, R1))
        .jumpIfNotGreater(R4, R3, "reached")
        // A card may have left the headers in another piece; rare, or the packet is short.
        .move(R1, R6)
        .move(R2, LEAST_BYTES)
        .call(Helper.SKB_PULL_DATA);
    reach(program)
        .jumpIfGreater(R4, R3, "pass")
        .label("reached")
        .load(HALF, R4, R2, Packet.ETHER_TYPE)
        .jumpIfNot(R4, Packet.IS_IPV4, "pass")
        .load(BYTE, R4, R2, OUTER + Packet.PROTOCOL)
        .jumpIfNot(R4, Packet.PROTOCOL_IPIP, "pass")
        .load(WORD, R4, R2, OUTER + Packet.DESTINATION)
        .jumpIfWordIsNot(R4, local, "pass");
  }

  /** R2 = first byte of the packet, R3 = behind the piece that can be read, R4 = what we need. */
  private static Assembler reach(Assembler program) {
    return program
        .load(WORD, R2, R6, Packet.DATA)
        .load(WORD, R3, R6, Packet.DATA_END)
        .move(R4, R2)
        .add(R4, LEAST_BYTES);
  }

  /** R8 = outer TOS; R9 = first half-word inside: version and header length, then TOS. */
  private static void check(Assembler program) {
    program
        .load(BYTE, R8, R2, OUTER + Packet.TOS)
        .load(HALF, R9, R2, INNER + Packet.VERSION)
        // Known node?
        .load(WORD, R4, R2, OUTER + Packet.SOURCE)
        .store(WORD, STACK, SCRATCH, R4)
        .load(BYTE, R4, R2, OUTER + Packet.VERSION)
        .jumpIfNot(R4, Packet.VERSION_4_WITHOUT_OPTIONS, "error")
        .load(HALF, R4, R2, OUTER + Packet.FRAGMENT)
        .jumpIfAny(R4, Packet.IS_FRAGMENT, "error")
        .move(R4, R9)
        .and(R4, 0xf0)
        .jumpIfNot(R4, 0x40, "error")
        .loadMap(R1, PEERS)
        .move(R2, STACK)
        .add(R2, SCRATCH)
        .call(Helper.MAP_LOOKUP_ELEM)
        .jumpIfEqual(R0, 0, "unknown");
  }

  /**
   * RFC 6040 section 4.2, as the kernel does it: CE outside makes CE inside, and is dropped when
   * the sender inside knows no ECN; ECT(1) outside makes ECT(1) of ECT(0); all else stays.
   */
  private static void copyCongestion(Assembler program) {
    program
        // Nothing to do for the other two, not-ECT and ECT(0).
        .move(R4, R8)
        .and(R4, 1)
        .jumpIfEqual(R4, 0, "strip")
        // R7 = R9 with the new TOS
        .move(R7, R9)
        .move(R4, R9)
        .and(R4, ECN_BEHIND_VERSION)
        .jumpIfAny(R8, 2, "congested")
        .jumpIfNot(R4, Packet.ECT_0 << 8, "strip")
        .xor(R7, ECN_BEHIND_VERSION)
        .jump("mark")
        .label("congested")
        .jumpIfEqual(R4, 0, "error")
        .or(R7, ECN_BEHIND_VERSION)
        .label("mark")
        .move(R1, R6)
        .move(R2, INNER + Packet.CHECKSUM)
        .move(R3, R9)
        .move(R4, R7)
        .move(R5, Short.BYTES)
        .call(Helper.L3_CSUM_REPLACE)
        .jumpIfNot(R0, 0, "error")
        .store(HALF, STACK, SCRATCH, R7)
        .move(R1, R6)
        .move(R2, INNER + Packet.VERSION)
        .move(R3, STACK)
        .add(R3, SCRATCH)
        .move(R4, Short.BYTES)
        .move(R5, 0)
        .call(Helper.SKB_STORE_BYTES)
        .jumpIfNot(R0, 0, "error");
  }

  /** Segments of a large packet keep their size. */
  private static void removeHeader(Assembler program) {
    program
        .label("strip")
        .move(R1, R6)
        .move(R2, -IP_BYTES)
        .move(R3, BPF_ADJ_ROOM_MAC)
        .move(R4, BPF_F_ADJ_ROOM_FIXED_GSO | BPF_F_ADJ_ROOM_NO_CSUM_RESET)
        .call(Helper.SKB_ADJUST_ROOM)
        .jumpIfNot(R0, 0, "error");
  }

  private static void finish(Assembler program) {
    program
        .move(R7, Counters.DECAPSULATED)
        .jump("count")
        .label("unknown")
        .move(R7, Counters.UNKNOWN_PEER)
        .jump("count")
        .label("error")
        .move(R7, Counters.ERRORS)
        .label("count");
    Counters.count(program, R7)
        .jumpIfNot(R7, Counters.DECAPSULATED, "drop")
        .label("pass")
        .move(R0, Packet.TC_ACT_UNSPEC)
        .exit()
        .label("drop")
        .move(R0, Packet.TC_ACT_SHOT)
        .exit();
  }
}
