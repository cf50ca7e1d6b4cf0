// SPDX-License-Identifier: Apache-2.0
package io.margay.ipip;

import static io.margay.ipip.Assembler.Size.BYTE;
import static io.margay.ipip.Assembler.Size.HALF;
import static io.margay.ipip.Assembler.Size.WORD;
import static io.margay.ipip.Packet.BPF_ADJ_ROOM_MAC;
import static io.margay.ipip.Packet.BPF_F_ADJ_ROOM_ENCAP_L3_IPV4;
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

import io.margay.api.dataplane.BpfProgram;
import io.margay.api.dataplane.BpfProgram.Hook;
import java.net.InetAddress;
import java.util.List;

/**
 * The program that puts a packet which is about to leave by the device into another packet to the
 * node that has the pod, RFC 2003, and sends that by an uplink. Header fields are what the kernel's
 * own device writes (net/ipv4/ip_tunnel.c): TTL and DF as inside; of TOS only ECN, where CE becomes
 * ECT(0), RFC 6040 section 4.1.
 *
 * <p>The node's address is in the destination MAC, see {@link TunnelMac}.
 */
final class Encapsulation {
  private static final int INNER = ETHERNET_BYTES;

  /** Of the outer header, which is built on the stack. */
  private static final int HEADER = -24;

  private static final int UPLINK = -28;

  private static final int EALREADY = 114;

  private Encapsulation() {}

  /**
   * The program.
   *
   * @param link the device
   * @param local the node's address
   * @param uplinks in the order of {@link TunnelMac}
   */
  static BpfProgram program(String link, InetAddress local, List<String> uplinks) {
    Assembler program = new Assembler();
    findPeer(program, uplinks);
    buildHeader(program);
    addChecksum(program, Packet.word(local));
    insertHeader(program);
    send(program);
    return program.program("ipip_encap", link, Hook.EGRESS);
  }

  /** R6 = packet, R2 = its first byte, R7 = address of the peer; the uplink is on the stack. */
  private static void findPeer(Assembler program, List<String> uplinks) {
    program
        .move(R6, R1)
        .load(WORD, R2, R6, Packet.DATA)
        .load(WORD, R3, R6, Packet.DATA_END)
        .move(R4, R2)
        .add(R4, ETHERNET_BYTES + IP_BYTES)
        .jumpIfGreater(R4, R3, "drop")
        // The device carries IPv4; what else the kernel sends by it is no error.
        .load(HALF, R4, R2, Packet.ETHER_TYPE)
        .jumpIfNot(R4, Packet.IS_IPV4, "drop")
        .load(HALF, R4, R2, Packet.MAC_TO);
    for (int i = 0; i < uplinks.size(); i++) {
      program.loadLink(R5, uplinks.get(i)).jumpIfEqual(R4, TunnelMac.prefix(i), "peer");
    }
    program
        .jump("error")
        .label("peer")
        .store(WORD, STACK, UPLINK, R5)
        .load(WORD, R7, R2, Packet.MAC_TO + TunnelMac.PREFIX_BYTES);
  }

  /**
   * R8 = first word of the outer header, R9 = second, third on the stack without its checksum.
   * Words of 32 bits, so that the checksum can be made of them.
   */
  private static void buildHeader(Assembler program) {
    program
        // ECN
        .load(BYTE, R8, R2, INNER + Packet.TOS)
        .and(R8, Packet.ECN)
        .jumpIfNot(R8, Packet.CE, "ecn")
        .move(R8, Packet.ECT_0)
        .label("ecn")
        // Version and header length, TOS, total length
        .shiftLeft(R8, 8)
        .or(R8, Packet.VERSION_4_WITHOUT_OPTIONS)
        .load(HALF, R4, R2, INNER + Packet.LENGTH)
        .swapHalf(R4)
        .add(R4, IP_BYTES)
        .swapHalf(R4)
        .shiftLeft(R4, 16)
        .or(R8, R4)
        // TTL and protocol
        .load(BYTE, R4, R2, INNER + Packet.TTL)
        .or(R4, Packet.PROTOCOL_IPIP << 8)
        .store(WORD, STACK, HEADER + Packet.TTL, R4)
        // DF; who may be fragmented needs an id, RFC 6864
        .load(HALF, R9, R2, INNER + Packet.FRAGMENT)
        .and(R9, Packet.DONT_FRAGMENT)
        .shiftLeft(R9, 16)
        .jumpIfNot(R9, 0, "id")
        .call(Helper.GET_PRANDOM_U32)
        .move(R9, R0)
        .and(R9, 0xffff)
        .label("id");
  }

  /** Sums the words, folds the sum to 16 bits and stores all of the header. RFC 1071. */
  private static void addChecksum(Assembler program, int local) {
    program
        .store(WORD, STACK, HEADER + Packet.VERSION, R8)
        .store(WORD, STACK, HEADER + Packet.ID, R9)
        .load(WORD, R1, STACK, HEADER + Packet.TTL)
        .moveWord(R0, local)
        .store(WORD, STACK, HEADER + Packet.SOURCE, R0)
        .store(WORD, STACK, HEADER + Packet.DESTINATION, R7)
        .add(R0, R1)
        .add(R0, R7)
        .add(R0, R8)
        .add(R0, R9)
        .moveWord(R4, R0)
        .shiftRight(R0, 32)
        .add(R0, R4);
    for (int carry = 0; carry < 2; carry++) {
      program.move(R4, R0).shiftRight(R4, 16).and(R0, 0xffff).add(R0, R4);
    }
    program
        .move(R4, R0)
        .shiftRight(R4, 16)
        .add(R0, R4)
        .xor(R0, 0xffff)
        .store(HALF, STACK, HEADER + Packet.CHECKSUM, R0);
  }

  private static void insertHeader(Assembler program) {
    int flags = BPF_F_ADJ_ROOM_FIXED_GSO | BPF_F_ADJ_ROOM_NO_CSUM_RESET;
    makeRoom(program, flags | BPF_F_ADJ_ROOM_ENCAP_L3_IPV4)
        .jumpIfEqual(R0, 0, "room")
        // A packet that came out of a tunnel on this node is marked as tunnelled still.
        .jumpIfNot(R0, -EALREADY, "error");
    makeRoom(program, flags)
        .jumpIfNot(R0, 0, "error")
        .label("room")
        .move(R1, R6)
        .move(R2, ETHERNET_BYTES)
        .move(R3, STACK)
        .add(R3, HEADER)
        .move(R4, IP_BYTES)
        .move(R5, 0)
        .call(Helper.SKB_STORE_BYTES)
        .jumpIfNot(R0, 0, "error");
  }

  /** Segments of a large packet keep their size, as each gets a header of its own. */
  private static Assembler makeRoom(Assembler program, int flags) {
    return program
        .move(R1, R6)
        .move(R2, IP_BYTES)
        .move(R3, BPF_ADJ_ROOM_MAC)
        .move(R4, flags)
        .call(Helper.SKB_ADJUST_ROOM);
  }

  private static void send(Assembler program) {
    program
        .move(R7, Counters.ENCAPSULATED)
        .jump("count")
        .label("error")
        .move(R7, Counters.ERRORS)
        .label("count");
    Counters.count(program, R7)
        .jumpIfNot(R7, Counters.ENCAPSULATED, "drop")
        .load(WORD, R1, STACK, UPLINK)
        .move(R2, 0)
        .move(R3, 0)
        .move(R4, 0)
        .call(Helper.REDIRECT_NEIGH)
        .exit()
        .label("drop")
        .move(R0, Packet.TC_ACT_SHOT)
        .exit();
  }
}
