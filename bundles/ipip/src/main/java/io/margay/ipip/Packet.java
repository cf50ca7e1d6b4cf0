// SPDX-License-Identifier: Apache-2.0
package io.margay.ipip;

import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Where things are in a packet, and how a little-endian processor reads them. */
final class Packet {
  // linux/bpf.h struct __sk_buff
  static final int DATA = 76;
  static final int DATA_END = 80;

  // Ethernet
  static final int MAC_TO = 0;
  static final int ETHER_TYPE = 12;
  static final int ETHERNET_BYTES = 14;
  static final int IS_IPV4 = 0x0008;

  // IPv4, RFC 791; without options, as outer headers are
  static final int IP_BYTES = 20;
  static final int VERSION = 0;
  static final int TOS = 1;
  static final int LENGTH = 2;
  static final int ID = 4;
  static final int FRAGMENT = 6;
  static final int TTL = 8;
  static final int PROTOCOL = 9;
  static final int CHECKSUM = 10;
  static final int SOURCE = 12;
  static final int DESTINATION = 16;

  static final int VERSION_4_WITHOUT_OPTIONS = 0x45;
  static final int PROTOCOL_IPIP = 4;
  static final int DONT_FRAGMENT = 0x0040;

  /** More fragments follow, or the offset of this one. */
  static final int IS_FRAGMENT = 0xff3f;

  // The lower two bits of TOS: RFC 3168
  static final int ECN = 3;
  static final int ECT_0 = 2;
  static final int CE = 3;

  // What a program returns; linux/pkt_cls.h
  static final int TC_ACT_UNSPEC = -1;
  static final int TC_ACT_SHOT = 2;

  // linux/bpf.h of bpf_skb_adjust_room
  static final int BPF_ADJ_ROOM_MAC = 1;
  static final int BPF_F_ADJ_ROOM_FIXED_GSO = 1;
  static final int BPF_F_ADJ_ROOM_ENCAP_L3_IPV4 = 1 << 1;
  static final int BPF_F_ADJ_ROOM_NO_CSUM_RESET = 1 << 5;

  private Packet() {}

  /** An IPv4 address as a word loaded from a packet. */
  static int word(InetAddress address) {
    return ByteBuffer.wrap(address.getAddress()).order(ByteOrder.LITTLE_ENDIAN).getInt();
  }
}
