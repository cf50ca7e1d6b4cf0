// SPDX-License-Identifier: Apache-2.0
package io.margay.netlink;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/**
 * Messages of nfnetlink's nftables subsystem. linux/netfilter/nfnetlink.h and nf_tables.h: names
 * and numbers are theirs; numbers inside are in network order.
 */
public final class NftMessage {
  public static final int NFT_MSG_NEWTABLE = 0;
  static final int NFT_MSG_GETTABLE = 1;
  public static final int NFT_MSG_DELTABLE = 2;
  public static final int NFT_MSG_NEWCHAIN = 3;
  static final int NFT_MSG_GETCHAIN = 4;
  public static final int NFT_MSG_DELCHAIN = 5;
  public static final int NFT_MSG_NEWRULE = 6;
  static final int NFT_MSG_GETRULE = 7;
  static final int NFT_MSG_GETSET = 10;
  static final int NFT_MSG_NEWSETELEM = 12;
  static final int NFT_MSG_GETSETELEM = 13;
  static final int NFT_MSG_DELSETELEM = 14;
  static final int NFT_MSG_NEWGEN = 15;
  static final int NFT_MSG_GETGEN = 16;
  static final int NFT_MSG_TRACE = 17;
  static final int NFT_MSG_GETOBJ = 19;

  /** NFPROTO_INET and the families beside it. */
  public static final int NFPROTO_UNSPEC = 0;

  public static final int NFPROTO_INET = 1;
  public static final int NFPROTO_IPV4 = 2;
  public static final int NFPROTO_IPV6 = 10;

  static final int NFNL_MSG_BATCH_BEGIN = 0x10;
  static final int NFNL_MSG_BATCH_END = 0x11;
  static final int NFNL_SUBSYS_NFTABLES = 10;

  /** NFTA_TABLE_NAME, and the number of the table's name in the messages of all other kinds. */
  public static final int NFTA_TABLE = 1;

  private static final int NFGENMSG_BYTES = 4;

  private NftMessage() {}

  /** Appends struct nfgenmsg. */
  static void header(ByteBuffer out, int family, int resource) {
    out.put((byte) family).put((byte) 0);
    // The one field in network order.
    out.put((byte) (resource >> 8)).put((byte) resource);
  }

  static int type(int message) {
    return NFNL_SUBSYS_NFTABLES << 8 | message;
  }

  static int family(ByteBuffer body) throws NetlinkException {
    Message.requireHeader("nftables", body, NFGENMSG_BYTES);
    return body.get(0);
  }

  static Attributes attributes(ByteBuffer body) throws NetlinkException {
    Message.requireHeader("nftables", body, NFGENMSG_BYTES);
    return Attributes.decode(
        body.slice(NFGENMSG_BYTES, body.limit() - NFGENMSG_BYTES).order(ByteOrder.nativeOrder()));
  }

  /** What a multicast message tells; empty for the end of a transaction. */
  static Optional<Event> event(Datagram messages) throws NetlinkException {
    int message = messages.type() & 0xff;
    if (messages.type() >> 8 != NFNL_SUBSYS_NFTABLES || message == NFT_MSG_NEWGEN) {
      return Optional.empty();
    }
    int sender = messages.port();
    return attributes(messages.body())
        .string(NFTA_TABLE)
        .map(table -> new Event.NftChanged(message, table, sender));
  }

  /**
   * The comment in the user data of a table or a rule: libnftnl's pairs of type, length and value,
   * of which NFTNL_UDATA_TABLE_COMMENT and NFTNL_UDATA_RULE_COMMENT are 0. Empty when there is
   * none.
   */
  public static String comment(byte[] userData) {
    for (int at = 0; at + 2 <= userData.length; at += 2 + (userData[at + 1] & 0xff)) {
      int length = Math.min(userData[at + 1] & 0xff, userData.length - at - 2);
      if (userData[at] == 0) {
        String text = new String(userData, at + 2, length, StandardCharsets.UTF_8);
        return text.replace("\0", "");
      }
    }
    return "";
  }
}
