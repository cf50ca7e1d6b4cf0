// SPDX-License-Identifier: Apache-2.0
package io.margay.bgp.codec;

import io.margay.api.net.IpFamily;

/**
 * Prefixes on the wire: a length in bits and as many bytes as it needs. RFC 4271 section 4.3. What
 * is behind the length is ignored.
 */
public final class Nlri {
  /** Takes prefixes one by one. */
  public interface Sink {
    /** A prefix, in the words of {@link Prefix}. */
    void prefix(long high, long low, int length);
  }

  /** Number that goes before each prefix when paths have identifiers. RFC 7911 section 3. */
  static final int PATH_ID_BYTES = 4;

  private Nlri() {}

  /** Number of prefixes; -1 when they are malformed. */
  static int count(byte[] bytes, int from, int to, IpFamily family, boolean hasPathIds) {
    int count = 0;
    int at = from;
    while (at < to) {
      at += hasPathIds ? PATH_ID_BYTES : 0;
      if (at >= to || Bytes.u8(bytes, at) > family.addressBits()) {
        return -1;
      }
      at += 1 + (Bytes.u8(bytes, at) + 7) / 8;
      count++;
    }
    return at == to ? count : -1;
  }

  /** Hands over prefixes that {@link #count} accepts. */
  static void forEach(
      byte[] bytes, int from, int to, IpFamily family, boolean hasPathIds, Sink sink) {
    int at = from;
    while (at < to) {
      at += hasPathIds ? PATH_ID_BYTES : 0;
      int length = Bytes.u8(bytes, at++);
      int end = at + (length + 7) / 8;
      long high = 0;
      int shift = 56;
      while (at < end && shift >= 0) {
        high |= (bytes[at++] & 0xffL) << shift;
        shift -= 8;
      }
      long low = 0;
      shift = 56;
      while (at < end) {
        low |= (bytes[at++] & 0xffL) << shift;
        shift -= 8;
      }
      sink.prefix(high & Prefix.highMask(length), low & Prefix.lowMask(length), length);
    }
  }

  /** Writes a prefix; returns the end. */
  static int write(byte[] bytes, int at, long high, long low, int length) {
    bytes[at++] = (byte) length;
    int end = at + (length + 7) / 8;
    for (int shift = 56; at < end && shift >= 0; shift -= 8) {
      bytes[at++] = (byte) (high >>> shift);
    }
    for (int shift = 56; at < end; shift -= 8) {
      bytes[at++] = (byte) (low >>> shift);
    }
    return end;
  }
}
