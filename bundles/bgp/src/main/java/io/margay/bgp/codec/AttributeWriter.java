// SPDX-License-Identifier: Apache-2.0
package io.margay.bgp.codec;

import static io.margay.bgp.codec.AttributeType.EXTENDED_LENGTH;
import static io.margay.bgp.codec.AttributeType.OPTIONAL;
import static io.margay.bgp.codec.AttributeType.TRANSITIVE;

import java.util.Arrays;

/** Writes attributes one behind the other. Reused; confined to a thread. */
final class AttributeWriter {
  private byte[] bytes = new byte[512];
  private int length;

  void clear() {
    length = 0;
  }

  byte[] bytes() {
    return bytes;
  }

  int length() {
    return length;
  }

  byte[] toByteArray() {
    return Arrays.copyOf(bytes, length);
  }

  /** A known attribute. */
  void put(int type, byte[] value) {
    put(AttributeType.flags(type), type, value, 0, value.length);
  }

  void put(int flags, int type, byte[] source, int from, int to) {
    int at = begin(flags, type, to - from);
    System.arraycopy(source, from, bytes, at, to - from);
  }

  void putWord(int type, int value) {
    Bytes.put32(bytes, begin(AttributeType.flags(type), type, 4), value);
  }

  /** Writes the header; returns where the value is to be written. */
  int begin(int flags, int type, int valueLength) {
    boolean isLong = valueLength > 255;
    int end = length + (isLong ? 4 : 3) + valueLength;
    if (end > bytes.length) {
      bytes = Arrays.copyOf(bytes, Math.max(end, 2 * bytes.length));
    }
    // The lower bits mean nothing, and the length is in as few octets as it needs.
    bytes[length] = (byte) (flags & 0xe0 | (isLong ? EXTENDED_LENGTH : 0));
    bytes[length + 1] = (byte) type;
    if (isLong) {
      Bytes.put16(bytes, length + 2, valueLength);
    } else {
      bytes[length + 2] = (byte) valueLength;
    }
    length = end;
    return end - valueLength;
  }

  void copy(AttributeCursor c) {
    put(c.flags(), c.type(), c.bytes(), c.valueAt(), c.valueEnd());
  }

  /** Copies what is passed on; what we do not know goes on with the Partial flag. RFC 4271, 5. */
  void forward(AttributeCursor c) {
    boolean isKnown = AttributeType.isKnown(c.type());
    int flags = isKnown ? c.flags() : OPTIONAL | TRANSITIVE | AttributeType.PARTIAL;
    put(flags, c.type(), c.bytes(), c.valueAt(), c.valueEnd());
  }
}
