// SPDX-License-Identifier: Apache-2.0
package io.margay.bgp.codec;

import static io.margay.bgp.codec.AttributeType.EXTENDED_LENGTH;

/** Walks over a block of attributes whose lengths are known to fit. */
final class AttributeCursor {
  private final byte[] bytes;
  private final int end;
  private int at;
  private int valueAt;
  private int valueEnd;

  AttributeCursor(byte[] bytes, int from, int to) {
    this.bytes = bytes;
    end = to;
    valueEnd = from;
  }

  /** Steps on; false behind the last. */
  boolean next() {
    if (valueEnd >= end) {
      return false;
    }
    at = valueEnd;
    boolean isLong = (bytes[at] & EXTENDED_LENGTH) != 0;
    valueAt = at + (isLong ? 4 : 3);
    valueEnd = valueAt + (isLong ? Bytes.u16(bytes, at + 2) : Bytes.u8(bytes, at + 2));
    return true;
  }

  byte[] bytes() {
    return bytes;
  }

  int flags() {
    return Bytes.u8(bytes, at);
  }

  int type() {
    return Bytes.u8(bytes, at + 1);
  }

  int valueAt() {
    return valueAt;
  }

  int valueEnd() {
    return valueEnd;
  }
}
