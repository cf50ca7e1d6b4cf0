// SPDX-License-Identifier: Apache-2.0
package io.margay.api.net;

import java.util.HexFormat;

/** A 48-bit Ethernet address. */
public final class MacAddress {
  private static final HexFormat COLONS = HexFormat.ofDelimiter(":");
  private final long value;

  private MacAddress(long value) {
    this.value = value;
  }

  /** Parses six hex pairs with colons, such as {@code ee:ee:ee:ee:ee:ee}. */
  public static MacAddress parse(String text) {
    if (!text.matches("(?i)[0-9a-f]{2}(:[0-9a-f]{2}){5}")) {
      throw new IllegalArgumentException(
          "mac: " + text + " (expected: six hex pairs such as ee:ee:ee:ee:ee:ee)");
    }
    return of(COLONS.parseHex(text));
  }

  /** The address with these six bytes. */
  public static MacAddress of(byte[] bytes) {
    if (bytes.length != 6) {
      throw new IllegalArgumentException("mac: " + bytes.length + " bytes (expected: 6)");
    }
    long value = 0;
    for (byte b : bytes) {
      value = value << 8 | b & 0xff;
    }
    return new MacAddress(value);
  }

  /** The six bytes, in the order on the wire; a fresh array. */
  public byte[] bytes() {
    byte[] bytes = new byte[6];
    for (int i = 0; i < 6; i++) {
      bytes[i] = (byte) (value >> 8 * (5 - i));
    }
    return bytes;
  }

  @Override
  public boolean equals(Object o) {
    return o instanceof MacAddress other && other.value == value;
  }

  @Override
  public int hashCode() {
    return Long.hashCode(value);
  }

  @Override
  public String toString() {
    return COLONS.formatHex(bytes());
  }
}
