// SPDX-License-Identifier: Apache-2.0
package io.margay.dataplane.trace;

import io.margay.netlink.Attributes;
import java.net.InetAddress;
import java.nio.ByteBuffer;

/**
 * The expressions of an nftables rule, as the kernel takes them, one behind the other. Immutable.
 * linux/netfilter/nf_tables.h: names and numbers are theirs.
 */
record Expressions(Attributes list) {
  static final Expressions NONE = new Expressions(Attributes.NONE);

  static final int NFTA_LIST_ELEM = 1;
  static final int NFTA_EXPR_NAME = 1;
  static final int NFTA_EXPR_DATA = 2;
  static final int NFTA_DATA_VALUE = 1;
  static final int NFTA_META_DREG = 1;
  static final int NFTA_META_KEY = 2;
  static final int NFTA_META_SREG = 3;
  static final int NFTA_CMP_SREG = 1;
  static final int NFTA_CMP_OP = 2;
  static final int NFTA_CMP_DATA = 3;
  static final int NFTA_PAYLOAD_DREG = 1;
  static final int NFTA_PAYLOAD_BASE = 2;
  static final int NFTA_PAYLOAD_OFFSET = 3;
  static final int NFTA_PAYLOAD_LEN = 4;
  static final int NFTA_IMMEDIATE_DREG = 1;
  static final int NFTA_IMMEDIATE_DATA = 2;
  static final int NFT_META_NFTRACE = 12;
  static final int NFT_META_NFPROTO = 15;
  static final int NFT_META_L4PROTO = 16;
  static final int NFT_PAYLOAD_NETWORK_HEADER = 1;
  static final int NFT_PAYLOAD_TRANSPORT_HEADER = 2;

  private static final int NFT_REG_1 = 1;
  private static final int NFT_CMP_EQ = 0;
  private static final int NFTA_LIMIT_RATE = 1;
  private static final int NFTA_LIMIT_UNIT = 2;
  private static final int NFTA_LIMIT_BURST = 3;
  private static final int SECONDS_PER_DAY = 86400;

  private Expressions with(String name, Attributes data) {
    Attributes element =
        Attributes.NONE.withString(NFTA_EXPR_NAME, name).withNested(NFTA_EXPR_DATA, data);
    return new Expressions(list.withElement(NFTA_LIST_ELEM, element));
  }

  /** {@code meta KEY VALUE}, for keys of one byte. */
  Expressions meta(int key, int value) {
    Attributes load =
        Attributes.NONE.withBe32(NFTA_META_DREG, NFT_REG_1).withBe32(NFTA_META_KEY, key);
    return with("meta", load).equal(new byte[] {(byte) value});
  }

  /** The address at this offset of the network header is this one. */
  Expressions address(int offset, InetAddress address) {
    return payload(NFT_PAYLOAD_NETWORK_HEADER, offset, address.getAddress());
  }

  /** The port at this offset of the transport header is this one. */
  Expressions port(int offset, int port) {
    byte[] value = {(byte) (port >> 8), (byte) port};
    return payload(NFT_PAYLOAD_TRANSPORT_HEADER, offset, value);
  }

  /** The type of an ICMP message is this one. */
  Expressions icmpType(int type) {
    return payload(NFT_PAYLOAD_TRANSPORT_HEADER, 0, new byte[] {(byte) type});
  }

  /** These flags of a TCP segment are set, and no others. */
  Expressions tcpFlags(int flags) {
    return payload(NFT_PAYLOAD_TRANSPORT_HEADER, 13, new byte[] {(byte) flags});
  }

  private Expressions payload(int base, int offset, byte[] value) {
    Attributes load =
        Attributes.NONE
            .withBe32(NFTA_PAYLOAD_DREG, NFT_REG_1)
            .withBe32(NFTA_PAYLOAD_BASE, base)
            .withBe32(NFTA_PAYLOAD_OFFSET, offset)
            .withBe32(NFTA_PAYLOAD_LEN, value.length);
    return with("payload", load).equal(value);
  }

  private Expressions equal(byte[] value) {
    Attributes compare =
        Attributes.NONE
            .withBe32(NFTA_CMP_SREG, NFT_REG_1)
            .withBe32(NFTA_CMP_OP, NFT_CMP_EQ)
            .withNested(NFTA_CMP_DATA, Attributes.NONE.with(NFTA_DATA_VALUE, value));
    return with("cmp", compare);
  }

  /** Only so many packets: {@code limit rate 1/day burst N packets}. */
  Expressions atMost(int packets) {
    Attributes limit =
        Attributes.NONE
            .with(NFTA_LIMIT_RATE, be64(1))
            .with(NFTA_LIMIT_UNIT, be64(SECONDS_PER_DAY))
            .withBe32(NFTA_LIMIT_BURST, packets);
    return with("limit", limit);
  }

  /** {@code meta nftrace set 1}. */
  Expressions trace() {
    Attributes one =
        Attributes.NONE
            .withBe32(NFTA_IMMEDIATE_DREG, NFT_REG_1)
            .withNested(NFTA_IMMEDIATE_DATA, Attributes.NONE.with(NFTA_DATA_VALUE, new byte[] {1}));
    Attributes set =
        Attributes.NONE
            .withBe32(NFTA_META_KEY, NFT_META_NFTRACE)
            .withBe32(NFTA_META_SREG, NFT_REG_1);
    return with("immediate", one).with("meta", set);
  }

  private static byte[] be64(long value) {
    return ByteBuffer.allocate(Long.BYTES).putLong(value).array();
  }
}
