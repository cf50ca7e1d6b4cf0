// SPDX-License-Identifier: Apache-2.0
package io.margay.bgp.codec;

import static io.margay.bgp.codec.AttributeType.AS_PATH;
import static io.margay.bgp.codec.AttributeType.CLUSTER_LIST;
import static io.margay.bgp.codec.AttributeType.COMMUNITIES;
import static io.margay.bgp.codec.AttributeType.EXTENDED_COMMUNITIES;
import static io.margay.bgp.codec.AttributeType.LARGE_COMMUNITIES;
import static io.margay.bgp.codec.AttributeType.LOCAL_PREF;
import static io.margay.bgp.codec.AttributeType.MP_REACH_NLRI;
import static io.margay.bgp.codec.AttributeType.MULTI_EXIT_DISC;
import static io.margay.bgp.codec.AttributeType.NEXT_HOP;
import static io.margay.bgp.codec.AttributeType.ORIGIN;
import static io.margay.bgp.codec.AttributeType.ORIGINATOR_ID;

import io.margay.api.net.Ip;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The path attributes of a route, as a block of wire bytes from which the decision's numbers are
 * taken once. The block is canonical: valid attributes in ascending order, AS numbers of four
 * octets, the next hop as NEXT_HOP, or as an MP_REACH_NLRI without prefixes when it is one of IPv6.
 * Immutable and compared by content.
 */
public final class PathAttributes {
  /** LOCAL_PREF of a route that has none. */
  public static final int DEFAULT_LOCAL_PREF = 100;

  /** NO_EXPORT and the others that each speaker honours. RFC 1997. */
  public static final int NO_EXPORT = 0xffffff01;

  public static final int NO_ADVERTISE = 0xffffff02;
  public static final int NO_EXPORT_SUBCONFED = 0xffffff03;

  /** RFC 8326. */
  public static final int GRACEFUL_SHUTDOWN = 0xffff0000;

  /** RFC 7999. */
  public static final int BLACKHOLE = 0xffff029a;

  /** Within an MP_REACH_NLRI: family, sub-family, length. RFC 4760 section 3. */
  static final int MP_NEXT_HOP_AT = 4;

  private static final byte[] IGP = {0};

  private final byte[] wire;
  private final int hash;
  private int origin;
  private int pathLength;
  private int firstAs;
  private int med;
  private boolean hasMed;
  private int localPref = DEFAULT_LOCAL_PREF;
  private boolean hasLocalPref;
  private int originatorId;
  private int clusterListLength;
  private int nextHopAt;
  private int nextHopLength;
  private boolean hasCommunities;

  /** Of the table's last sweep in which it was in use. */
  int mark;

  /** What each update group makes of this one, by the group's index; kept for it by the RIB. */
  private Object[] exports = {};

  /** Reads a canonical block; the array is not to be changed. */
  PathAttributes(byte[] wire, int hash) {
    this.wire = wire;
    this.hash = hash;
    for (AttributeCursor c = new AttributeCursor(wire, 0, wire.length); c.next(); ) {
      read(c.type(), c.valueAt(), c.valueEnd());
    }
  }

  static PathAttributes of(byte[] wire) {
    return new PathAttributes(wire, Bytes.hash(wire, 0, wire.length));
  }

  /** What we originate: an empty path, and a next hop that is put in when it is sent. */
  public static PathAttributes originated() {
    AttributeWriter writer = new AttributeWriter();
    writer.put(ORIGIN, IGP);
    writer.put(AS_PATH, new byte[0]);
    return of(writer.toByteArray());
  }

  private void read(int type, int at, int end) {
    switch (type) {
      case ORIGIN -> origin = wire[at];
      case AS_PATH -> {
        pathLength = AsPath.length(wire, at, end);
        firstAs = AsPath.first(wire, at, end);
      }
      case NEXT_HOP -> {
        nextHopAt = at;
        nextHopLength = 4;
      }
      case MULTI_EXIT_DISC -> {
        med = Bytes.i32(wire, at);
        hasMed = true;
      }
      case LOCAL_PREF -> {
        localPref = Bytes.i32(wire, at);
        hasLocalPref = true;
      }
      case COMMUNITIES -> hasCommunities = true;
      case ORIGINATOR_ID -> originatorId = Bytes.i32(wire, at);
      case CLUSTER_LIST -> clusterListLength = (end - at) / 4;
      case MP_REACH_NLRI -> {
        nextHopAt = at + MP_NEXT_HOP_AT;
        nextHopLength = Bytes.u8(wire, at + MP_NEXT_HOP_AT - 1);
      }
      default -> {
        // Carried on as it is.
      }
    }
  }

  byte[] wire() {
    return wire;
  }

  int wireHash() {
    return hash;
  }

  boolean isWire(byte[] bytes, int from, int to) {
    return Arrays.equals(wire, 0, wire.length, bytes, from, to);
  }

  /** 0 IGP, 1 EGP, 2 INCOMPLETE. */
  public int origin() {
    return origin;
  }

  public AsPath asPath() {
    byte[] path = value(AS_PATH);
    return path == null ? AsPath.EMPTY : new AsPath(path);
  }

  /** As {@link AsPath#length}. */
  public int pathLength() {
    return pathLength;
  }

  /** The neighbour's AS number as 32 bits, as {@link AsPath#first}. */
  public int firstAs() {
    return firstAs;
  }

  /** How often an AS number is in the path. */
  public int asCount(long as) {
    AttributeCursor c = find(AS_PATH);
    return c == null ? 0 : AsPath.count(wire, c.valueAt(), c.valueEnd(), (int) as);
  }

  /** MULTI_EXIT_DISC as an unsigned number of 32 bits; 0 when there is none. */
  public int med() {
    return med;
  }

  public boolean hasMed() {
    return hasMed;
  }

  /** LOCAL_PREF as an unsigned number of 32 bits; 100 when there is none. */
  public int localPref() {
    return localPref;
  }

  public boolean hasLocalPref() {
    return hasLocalPref;
  }

  /** A BGP identifier as 32 bits; 0 when there is none. RFC 4456. */
  public int originatorId() {
    return originatorId;
  }

  public int clusterListLength() {
    return clusterListLength;
  }

  /** Identifiers of the clusters that the route went through, the latest first. */
  public int[] clusterList() {
    return words(CLUSTER_LIST);
  }

  /** The global next hop; null when there is none, as with what we originate. */
  public InetAddress nextHop() {
    return address(nextHopAt, Math.min(nextHopLength, 16));
  }

  /** The link-local next hop that came with the global one. RFC 2545 section 3; null when none. */
  public InetAddress linkLocalNextHop() {
    return nextHopLength == 32 ? address(nextHopAt + 16, 16) : null;
  }

  private InetAddress address(int at, int length) {
    if (length == 0) {
      return null;
    }
    try {
      return InetAddress.getByAddress(Arrays.copyOfRange(wire, at, at + length));
    } catch (UnknownHostException e) {
      throw new AssertionError("4 or 16 bytes are an address", e);
    }
  }

  /** 0, 4, 16 or 32 bytes. */
  int nextHopLength() {
    return nextHopLength;
  }

  int nextHopAt() {
    return nextHopAt;
  }

  /** RFC 1997, each as 32 bits. */
  public int[] communities() {
    return hasCommunities ? words(COMMUNITIES) : new int[0];
  }

  /** Whether there are any; quick. */
  public boolean hasCommunities() {
    return hasCommunities;
  }

  public boolean hasCommunity(int community) {
    if (!hasCommunities) {
      return false;
    }
    AttributeCursor c = find(COMMUNITIES);
    for (int at = c.valueAt(); at < c.valueEnd(); at += 4) {
      if (Bytes.i32(wire, at) == community) {
        return true;
      }
    }
    return false;
  }

  /** RFC 8092: three words for each. */
  public int[] largeCommunities() {
    return words(LARGE_COMMUNITIES);
  }

  /** RFC 4360: two words for each. */
  public int[] extendedCommunities() {
    return words(EXTENDED_COMMUNITIES);
  }

  private int[] words(int type) {
    AttributeCursor c = find(type);
    int[] words = new int[c == null ? 0 : (c.valueEnd() - c.valueAt()) / 4];
    for (int i = 0; i < words.length; i++) {
      words[i] = Bytes.i32(wire, c.valueAt() + 4 * i);
    }
    return words;
  }

  private AttributeCursor find(int type) {
    for (AttributeCursor c = new AttributeCursor(wire, 0, wire.length); c.next(); ) {
      if (c.type() == type) {
        return c;
      }
    }
    return null;
  }

  private byte[] value(int type) {
    AttributeCursor c = find(type);
    return c == null ? null : Arrays.copyOfRange(wire, c.valueAt(), c.valueEnd());
  }

  /**
   * These attributes with a community more, unless they have it.
   *
   * @param text {@code aa:nn}, or {@code aa:nn:mm} for a large one
   */
  public PathAttributes withCommunity(String text) {
    int[] added = Communities.parse(text);
    int type = added.length == 1 ? COMMUNITIES : LARGE_COMMUNITIES;
    int[] words = words(type);
    for (int at = 0; at < words.length; at += added.length) {
      if (Arrays.equals(words, at, at + added.length, added, 0, added.length)) {
        return this;
      }
    }
    byte[] value = new byte[(words.length + added.length) * 4];
    for (int i = 0; i < words.length; i++) {
      Bytes.put32(value, 4 * i, words[i]);
    }
    for (int i = 0; i < added.length; i++) {
      Bytes.put32(value, 4 * (words.length + i), added[i]);
    }
    return with(type, value);
  }

  /** Whether a community, of the form {@code aa:nn} or {@code aa:nn:mm}, is there. */
  public boolean hasCommunity(String text) {
    int[] wanted = Communities.parse(text);
    int[] words = words(wanted.length == 1 ? COMMUNITIES : LARGE_COMMUNITIES);
    for (int at = 0; at < words.length; at += wanted.length) {
      if (Arrays.equals(words, at, at + wanted.length, wanted, 0, wanted.length)) {
        return true;
      }
    }
    return false;
  }

  /** These attributes with some AS numbers before their path. */
  public PathAttributes withPrepended(long... numbers) {
    return with(AS_PATH, asPath().prepended(numbers).wire());
  }

  /** These attributes with another LOCAL_PREF. */
  public PathAttributes withLocalPref(long value) {
    return with(LOCAL_PREF, word(value));
  }

  /** These attributes with another MULTI_EXIT_DISC. */
  public PathAttributes withMed(long value) {
    return with(MULTI_EXIT_DISC, word(value));
  }

  /** These attributes as a reflector passes them on that has no cluster. */
  public PathAttributes withOriginatorId(int value) {
    return with(ORIGINATOR_ID, word(value));
  }

  private static byte[] word(long value) {
    byte[] bytes = new byte[4];
    Bytes.put32(bytes, 0, (int) value);
    return bytes;
  }

  private PathAttributes with(int type, byte[] value) {
    AttributeWriter writer = new AttributeWriter();
    boolean isWritten = false;
    for (AttributeCursor c = new AttributeCursor(wire, 0, wire.length); c.next(); ) {
      if (!isWritten && c.type() >= type) {
        writer.put(type, value);
        isWritten = true;
      }
      if (c.type() != type) {
        writer.copy(c);
      }
    }
    if (!isWritten) {
      writer.put(type, value);
    }
    return of(writer.toByteArray());
  }

  /** What the RIB keeps here for an update group; null when nothing. */
  public Object export(int group) {
    return group < exports.length ? exports[group] : null;
  }

  public void setExport(int group, Object export) {
    if (group >= exports.length) {
      exports = Arrays.copyOf(exports, group + 1);
    }
    exports[group] = export;
  }

  @Override
  public boolean equals(Object other) {
    return this == other
        || other instanceof PathAttributes a && hash == a.hash && Arrays.equals(wire, a.wire);
  }

  @Override
  public int hashCode() {
    return hash;
  }

  /** Such as {@code path 65001 65002 next hop 10.0.0.2 origin IGP local-pref 100 med 5}. */
  @Override
  public String toString() {
    List<String> parts = new ArrayList<>();
    parts.add(pathLength == 0 ? "local path" : "path " + asPath());
    if (nextHopLength > 0) {
      parts.add("next hop " + Ip.text(nextHop()));
    }
    parts.add("origin " + List.of("IGP", "EGP", "incomplete").get(origin));
    if (hasLocalPref) {
      parts.add("local-pref " + Integer.toUnsignedString(localPref));
    }
    if (hasMed) {
      parts.add("med " + Integer.toUnsignedString(med));
    }
    Communities.describe(this).forEach(parts::add);
    if (originatorId != 0) {
      parts.add("originator " + Communities.identifier(originatorId));
      List<String> clusters = new ArrayList<>();
      for (int cluster : clusterList()) {
        clusters.add(Communities.identifier(cluster));
      }
      parts.add("clusters " + String.join(",", clusters));
    }
    return String.join(" ", parts);
  }
}
