// SPDX-License-Identifier: Apache-2.0
package io.margay.bgp.codec;

import static io.margay.bgp.codec.AttributeType.AGGREGATOR;
import static io.margay.bgp.codec.AttributeType.AS4_AGGREGATOR;
import static io.margay.bgp.codec.AttributeType.AS4_PATH;
import static io.margay.bgp.codec.AttributeType.AS_PATH;
import static io.margay.bgp.codec.AttributeType.CLUSTER_LIST;
import static io.margay.bgp.codec.AttributeType.LOCAL_PREF;
import static io.margay.bgp.codec.AttributeType.MP_REACH_NLRI;
import static io.margay.bgp.codec.AttributeType.MULTI_EXIT_DISC;
import static io.margay.bgp.codec.AttributeType.NEXT_HOP;
import static io.margay.bgp.codec.AttributeType.ORIGINATOR_ID;

import io.margay.api.net.IpFamily;
import java.net.InetAddress;
import java.util.Arrays;

/** Writes attributes as a group of peers is to get them. Confined to a thread. */
public final class AttributeEncoder {
  /**
   * Goes to other ASes with a route that another node of ours has: the node itself tells it
   * without, and is preferred. RFC 4271 section 5.1.4.
   */
  private static final int PASSED_ON_MED = 100;

  private final ExportRules rules;
  private final AttributeWriter out = new AttributeWriter();

  private PathAttributes source;

  private boolean isReflected;
  private boolean isLocal;
  private boolean isPassedOn;
  private int originator;
  private byte[] nextHop;

  /** What old speakers are told beside the attributes that they understand; null for none. */
  private AsPath longPath;

  private byte[] longAggregator;

  public AttributeEncoder(ExportRules rules) {
    this.rules = rules;
  }

  /**
   * Encodes the attributes of a route; null when there is no next hop that the peers could use.
   *
   * @param family of its prefix
   * @param isLocal whether we originate it
   * @param isPassedOn whether an internal peer told it, and external ones are told
   * @param originator identifier of the internal peer whose route is reflected; 0 when it is not
   */
  public EncodedAttributes encode(
      PathAttributes attributes,
      IpFamily family,
      boolean isLocal,
      boolean isPassedOn,
      int originator) {
    out.clear();
    source = attributes;
    this.isLocal = isLocal;
    this.isPassedOn = isPassedOn;
    this.originator = originator;
    isReflected = originator != 0;
    longPath = null;
    longAggregator = null;
    nextHop = nextHop(family);
    if (nextHop == null) {
      return null;
    }
    boolean isLegacy = family == IpFamily.IPV4 && nextHop.length == 4;
    int last = 0;
    byte[] wire = attributes.wire();
    for (AttributeCursor c = new AttributeCursor(wire, 0, wire.length); c.next(); ) {
      fill(last, c.type(), isLegacy);
      write(c);
      last = c.type();
    }
    fill(last, 256, isLegacy);
    return new EncodedAttributes(out.toByteArray(), isLegacy ? null : nextHop);
  }

  private byte[] nextHop(IpFamily family) {
    int length = source.nextHopLength();
    boolean keeps = !isLocal && rules.keepsNextHop() && length > 0;
    if (keeps && isUsable(family, length)) {
      int at = source.nextHopAt();
      // A link-local one has no meaning beyond our own link.
      return Arrays.copyOfRange(source.wire(), at, at + Math.min(16, length));
    }
    InetAddress self = rules.self().get(family);
    if (self == null && isUsable(family, 16)) {
      self = rules.self().get(IpFamily.IPV6);
    }
    return self == null ? null : self.getAddress();
  }

  private boolean isUsable(IpFamily family, int length) {
    return family == IpFamily.IPV6 ? length > 4 : length == 4 || rules.hasExtendedNextHop();
  }

  /** Writes what we add of the types between two that are there. */
  private void fill(int after, int before, boolean isLegacy) {
    if (after < NEXT_HOP && before >= NEXT_HOP && isLegacy) {
      out.put(AttributeType.flags(NEXT_HOP), NEXT_HOP, nextHop, 0, nextHop.length);
    }
    if (isPassedOn && after < MULTI_EXIT_DISC && before >= MULTI_EXIT_DISC) {
      out.putWord(MULTI_EXIT_DISC, PASSED_ON_MED);
    }
    if (after < LOCAL_PREF && before > LOCAL_PREF && !rules.isExternal()) {
      out.putWord(LOCAL_PREF, source.localPref());
    }
    if (isReflected && after < ORIGINATOR_ID && before > ORIGINATOR_ID) {
      out.putWord(ORIGINATOR_ID, originator);
    }
    if (isReflected && after < CLUSTER_LIST && before > CLUSTER_LIST) {
      out.putWord(CLUSTER_LIST, rules.clusterId());
    }
    if (longPath != null && after < AS4_PATH && before > AS4_PATH) {
      out.put(AS4_PATH, longPath.wire());
    }
    if (longAggregator != null && after < AS4_AGGREGATOR && before > AS4_AGGREGATOR) {
      out.put(AS4_AGGREGATOR, longAggregator);
    }
  }

  private void write(AttributeCursor c) {
    switch (c.type()) {
      case NEXT_HOP, MP_REACH_NLRI -> {
        // Written by itself.
      }
      case AS_PATH -> writePath(c);
      case MULTI_EXIT_DISC -> {
        // It is for the neighbouring AS: not passed on by it. RFC 4271 section 5.1.4.
        if (!rules.isExternal() || isLocal) {
          out.copy(c);
        }
      }
      case LOCAL_PREF, ORIGINATOR_ID -> {
        if (!rules.isExternal()) {
          out.copy(c);
        }
      }
      case CLUSTER_LIST -> writeClusters(c);
      case AGGREGATOR -> writeAggregator(c);
      default -> out.forward(c);
    }
  }

  private void writePath(AttributeCursor c) {
    int from = c.valueAt();
    int to = c.valueEnd();
    if (!rules.hasFourOctetAs()) {
      writeOldPath();
    } else if (rules.isExternal()) {
      int length = AsPath.prependedLength(c.bytes(), from, to);
      int at = out.begin(AttributeType.flags(AS_PATH), AS_PATH, length);
      AsPath.prepend(c.bytes(), from, to, (int) rules.localAs(), out.bytes(), at);
    } else {
      out.copy(c);
    }
  }

  private void writeOldPath() {
    AsPath path = source.asPath();
    AsPath sent = rules.isExternal() ? path.prepended(rules.localAs()) : path;
    out.put(AS_PATH, sent.twoOctets());
    longPath = sent.needsFourOctets() ? sent : null;
  }

  private void writeClusters(AttributeCursor c) {
    if (rules.isExternal()) {
      return;
    }
    int length = c.valueEnd() - c.valueAt();
    int added = isReflected ? 4 : 0;
    int at = out.begin(AttributeType.flags(CLUSTER_LIST), CLUSTER_LIST, length + added);
    if (isReflected) {
      Bytes.put32(out.bytes(), at, rules.clusterId());
    }
    System.arraycopy(c.bytes(), c.valueAt(), out.bytes(), at + added, length);
  }

  private void writeAggregator(AttributeCursor c) {
    int as = Bytes.i32(c.bytes(), c.valueAt());
    if (rules.hasFourOctetAs()) {
      out.copy(c);
      return;
    }
    if (as >>> 16 != 0) {
      longAggregator = Arrays.copyOfRange(c.bytes(), c.valueAt(), c.valueEnd());
    }
    int at = out.begin(c.flags(), AGGREGATOR, 6);
    Bytes.put16(out.bytes(), at, as >>> 16 == 0 ? as : AsPath.AS_TRANS);
    System.arraycopy(c.bytes(), c.valueAt() + 4, out.bytes(), at + 2, 4);
  }
}
