// SPDX-License-Identifier: Apache-2.0
package io.margay.netlink;

import java.nio.ByteBuffer;
import java.util.Optional;

/**
 * What one rule, return or policy of nftables did to a packet that is traced. linux/netfilter/
 * nf_tables.h NFT_MSG_TRACE.
 *
 * @param family NFPROTO_* number of the table's family
 * @param handle of the rule; 0 for a policy or a return
 * @param type NFT_TRACETYPE_*
 * @param verdict NF_* or NFT_* as nftables numbers them; of a policy NF_ACCEPT or NF_DROP
 * @param target chain of a jump or goto; empty otherwise
 * @param id the same for all that happens to one packet, and perhaps for later ones
 * @param in index of the link by which it came; 0 when unknown: only the first message of each base
 *     chain tells it, and the headers
 * @param out index of the link by which it leaves; 0 when unknown
 * @param network the first bytes of the network header; empty when not told
 * @param transport the first bytes of the transport header; empty when not told
 */
public record NftTrace(
    int family,
    String table,
    String chain,
    long handle,
    int type,
    int verdict,
    String target,
    int id,
    int in,
    int out,
    byte[] network,
    byte[] transport) {
  public static final int NFT_TRACETYPE_POLICY = 1;
  public static final int NFT_TRACETYPE_RETURN = 2;
  public static final int NFT_TRACETYPE_RULE = 3;

  public static final int NF_DROP = 0;
  public static final int NF_ACCEPT = 1;

  private static final int NFTA_TRACE_TABLE = 1;
  private static final int NFTA_TRACE_CHAIN = 2;
  private static final int NFTA_TRACE_RULE_HANDLE = 3;
  private static final int NFTA_TRACE_TYPE = 4;
  private static final int NFTA_TRACE_VERDICT = 5;
  private static final int NFTA_TRACE_ID = 6;
  private static final int NFTA_TRACE_NETWORK_HEADER = 8;
  private static final int NFTA_TRACE_TRANSPORT_HEADER = 9;
  private static final int NFTA_TRACE_IIF = 10;
  private static final int NFTA_TRACE_OIF = 12;
  private static final int NFTA_TRACE_POLICY = 16;
  private static final int NFTA_VERDICT_CODE = 1;
  private static final int NFTA_VERDICT_CHAIN = 2;
  private static final byte[] NOTHING = {};

  /** The body of a message of the trace group; empty for another message of nftables. */
  static Optional<NftTrace> decode(int messageType, ByteBuffer body) throws NetlinkException {
    if (messageType != NftMessage.type(NftMessage.NFT_MSG_TRACE)) {
      return Optional.empty();
    }
    return Optional.of(of(NftMessage.family(body), NftMessage.attributes(body)));
  }

  /** From the attributes of a message. */
  public static NftTrace of(int family, Attributes a) {
    int type = a.be32(NFTA_TRACE_TYPE).orElse(0);
    Attributes verdict = a.nested(NFTA_TRACE_VERDICT).orElse(Attributes.NONE);
    int code =
        type == NFT_TRACETYPE_POLICY
            ? a.be32(NFTA_TRACE_POLICY).orElse(NF_ACCEPT)
            : verdict.be32(NFTA_VERDICT_CODE).orElse(NF_ACCEPT);
    return new NftTrace(
        family,
        a.string(NFTA_TRACE_TABLE).orElse(""),
        a.string(NFTA_TRACE_CHAIN).orElse(""),
        a.be64(NFTA_TRACE_RULE_HANDLE).orElse(0),
        type,
        code,
        verdict.string(NFTA_VERDICT_CHAIN).orElse(""),
        a.be32(NFTA_TRACE_ID).orElse(0),
        a.be32(NFTA_TRACE_IIF).orElse(0),
        a.be32(NFTA_TRACE_OIF).orElse(0),
        a.get(NFTA_TRACE_NETWORK_HEADER).orElse(NOTHING),
        a.get(NFTA_TRACE_TRANSPORT_HEADER).orElse(NOTHING));
  }
}
