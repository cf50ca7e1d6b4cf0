// SPDX-License-Identifier: Apache-2.0
package io.margay.netlink;

import java.util.Arrays;
import java.util.HexFormat;

/** A link-layer address: 6 bytes on Ethernet-like devices, 4 or 16 on IP tunnels. Immutable. */
public final class Lladdr {
  private static final HexFormat HEX = HexFormat.ofDelimiter(":");
  private final byte[] bytes;

  private Lladdr(byte[] bytes) {
    this.bytes = bytes;
  }

  /** The address of these bytes. */
  public static Lladdr of(byte[] bytes) {
    return new Lladdr(bytes.clone());
  }

  /** Parses {@code ee:ee:ee:ee:ee:ee}. */
  public static Lladdr parse(String text) {
    return new Lladdr(HEX.parseHex(text));
  }

  /** A copy of the address bytes. */
  public byte[] bytes() {
    return bytes.clone();
  }

  @Override
  public boolean equals(Object o) {
    return o instanceof Lladdr other && Arrays.equals(bytes, other.bytes);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(bytes);
  }

  @Override
  public String toString() {
    return HEX.formatHex(bytes);
  }
}
