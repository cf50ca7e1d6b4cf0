// SPDX-License-Identifier: Apache-2.0
package io.margay.bgp.codec;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** An AS_PATH: segments with AS numbers of four octets. RFC 4271 section 4.3, RFC 6793. */
public final class AsPath {
  static final AsPath EMPTY = new AsPath(new byte[0]);

  /** Stands for an AS number that does not fit into two octets. RFC 6793 section 9. */
  static final int AS_TRANS = 23456;

  static final int SET = 1;
  static final int SEQUENCE = 2;
  private static final int MAX_IN_SEGMENT = 255;

  private final byte[] wire;

  /** A path of well-formed segments; the array is not to be changed. */
  AsPath(byte[] wire) {
    this.wire = wire;
  }

  /**
   * Why segments are malformed; null when they are not. Segments of confederations are malformed:
   * we are in none. RFC 7606 section 7.2, RFC 5065 section 5.
   *
   * @param asBytes of an AS number: 2 or 4
   */
  static String fault(byte[] bytes, int from, int to, int asBytes) {
    int at = from;
    while (at < to) {
      if (to - at < 2) {
        return "half a segment";
      }
      int type = Bytes.u8(bytes, at);
      int count = Bytes.u8(bytes, at + 1);
      if (type != SET && type != SEQUENCE) {
        return "segment type " + type;
      }
      if (count == 0) {
        return "an empty segment";
      }
      at += 2 + count * asBytes;
    }
    return at == to ? null : "a segment that is longer than the attribute";
  }

  /** Widens well-formed segments of two-octet AS numbers. */
  static AsPath ofTwoOctets(byte[] bytes, int from, int to) {
    byte[] wide = new byte[(to - from) * 2];
    int out = 0;
    int at = from;
    while (at < to) {
      int count = Bytes.u8(bytes, at + 1);
      wide[out] = bytes[at];
      wide[out + 1] = bytes[at + 1];
      at += 2;
      out += 2;
      for (int i = 0; i < count; i++, at += 2, out += 4) {
        Bytes.put32(wide, out, Bytes.u16(bytes, at));
      }
    }
    return new AsPath(Arrays.copyOf(wide, out));
  }

  /** Number of AS numbers in the path; a set counts as one. RFC 4271 section 9.1.2.2. */
  public int length() {
    return length(wire, 0, wire.length);
  }

  static int length(byte[] bytes, int from, int to) {
    int length = 0;
    for (int at = from; at < to; at += 2 + 4 * Bytes.u8(bytes, at + 1)) {
      length += bytes[at] == SET ? 1 : Bytes.u8(bytes, at + 1);
    }
    return length;
  }

  /** The neighbour's AS number; 0 when the path is empty or begins with a set. */
  public long first() {
    return Integer.toUnsignedLong(first(wire, 0, wire.length));
  }

  static int first(byte[] bytes, int from, int to) {
    return to - from >= 6 && bytes[from] == SEQUENCE ? Bytes.i32(bytes, from + 2) : 0;
  }

  /** How often an AS number is in the path. */
  public int count(long as) {
    return count(wire, 0, wire.length, (int) as);
  }

  static int count(byte[] bytes, int from, int to, int as) {
    int count = 0;
    int at = from;
    while (at < to) {
      int end = at + 2 + 4 * Bytes.u8(bytes, at + 1);
      for (int i = at + 2; i < end; i += 4) {
        if (Bytes.i32(bytes, i) == as) {
          count++;
        }
      }
      at = end;
    }
    return count;
  }

  /** The AS numbers in the order in which they stand, those of sets too. */
  public List<Long> numbers() {
    List<Long> numbers = new ArrayList<>();
    int at = 0;
    while (at < wire.length) {
      int end = at + 2 + 4 * Bytes.u8(wire, at + 1);
      for (int i = at + 2; i < end; i += 4) {
        numbers.add(Bytes.u32(wire, i));
      }
      at = end;
    }
    return numbers;
  }

  /** This path behind some AS numbers. */
  public AsPath prepended(long... numbers) {
    AsPath path = this;
    for (int i = numbers.length - 1; i >= 0; i--) {
      path = path.prependedOne((int) numbers[i]);
    }
    return path;
  }

  private AsPath prependedOne(int as) {
    byte[] longer = new byte[prependedLength(wire, 0, wire.length)];
    prepend(wire, 0, wire.length, as, longer, 0);
    return new AsPath(longer);
  }

  private static boolean hasRoom(byte[] bytes, int from, int to) {
    return to > from && bytes[from] == SEQUENCE && Bytes.u8(bytes, from + 1) < MAX_IN_SEGMENT;
  }

  static int prependedLength(byte[] bytes, int from, int to) {
    return to - from + (hasRoom(bytes, from, to) ? 4 : 6);
  }

  /** Writes segments behind one AS number; returns the end. */
  static int prepend(byte[] bytes, int from, int to, int as, byte[] target, int at) {
    boolean hasRoom = hasRoom(bytes, from, to);
    target[at] = SEQUENCE;
    target[at + 1] = (byte) (hasRoom ? Bytes.u8(bytes, from + 1) + 1 : 1);
    Bytes.put32(target, at + 2, as);
    int rest = hasRoom ? from + 2 : from;
    System.arraycopy(bytes, rest, target, at + 6, to - rest);
    return at + 6 + to - rest;
  }

  /**
   * What an old speaker's path and its AS4_PATH say together. RFC 6793 section 4.2.3.
   *
   * @param as4 nothing is taken from it when it is longer than this path
   */
  AsPath mergedWith(AsPath as4) {
    List<Long> mine = flat();
    int missing = length() - as4.length();
    if (missing < 0) {
      return this;
    }
    AsPath merged = as4;
    // Only whole numbers of the leading sequence stand before what AS4_PATH has.
    for (int i = Math.min(missing, mine.size()) - 1; i >= 0; i--) {
      merged = merged.prependedOne((int) (long) mine.get(i));
    }
    return merged;
  }

  /** One number for each unit of length; for a set, its first. */
  private List<Long> flat() {
    List<Long> numbers = new ArrayList<>();
    for (int at = 0; at < wire.length; at += 2 + 4 * Bytes.u8(wire, at + 1)) {
      int count = wire[at] == SET ? 1 : Bytes.u8(wire, at + 1);
      for (int i = 0; i < count; i++) {
        numbers.add(Bytes.u32(wire, at + 2 + 4 * i));
      }
    }
    return numbers;
  }

  /** The path with numbers of two octets, AS_TRANS for those that need more. */
  byte[] twoOctets() {
    byte[] narrow = new byte[wire.length];
    int out = 0;
    int at = 0;
    while (at < wire.length) {
      int count = Bytes.u8(wire, at + 1);
      narrow[out++] = wire[at++];
      narrow[out++] = wire[at++];
      for (int i = 0; i < count; i++, at += 4, out += 2) {
        int as = Bytes.i32(wire, at);
        Bytes.put16(narrow, out, as >>> 16 == 0 ? as : AS_TRANS);
      }
    }
    return Arrays.copyOf(narrow, out);
  }

  /** Whether an old speaker would lose a number. */
  boolean needsFourOctets() {
    return numbers().stream().anyMatch(as -> as > 0xffff);
  }

  byte[] wire() {
    return wire;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof AsPath path && Arrays.equals(wire, path.wire);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(wire);
  }

  /** Such as {@code 65001 65002 {65003,65004}}. */
  @Override
  public String toString() {
    StringBuilder text = new StringBuilder();
    int at = 0;
    while (at < wire.length) {
      boolean isSet = wire[at] == SET;
      int end = at + 2 + 4 * Bytes.u8(wire, at + 1);
      text.append(text.length() > 0 ? " " : "").append(isSet ? "{" : "");
      for (int i = at + 2; i < end; i += 4) {
        text.append(i > at + 2 ? (isSet ? "," : " ") : "").append(Bytes.u32(wire, i));
      }
      text.append(isSet ? "}" : "");
      at = end;
    }
    return text.toString();
  }
}
