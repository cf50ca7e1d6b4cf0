// SPDX-License-Identifier: Apache-2.0
package io.margay.bgp.codec;

import java.util.Arrays;

/** Attributes as some peers get them, ready to be sent. Immutable and compared by content. */
public final class EncodedAttributes {
  private final byte[] block;
  private final byte[] nextHop;
  private final int hash;

  /**
   * Encoded attributes.
   *
   * @param nextHop for MP_REACH_NLRI; null when it is in the block, as NEXT_HOP
   */
  EncodedAttributes(byte[] block, byte[] nextHop) {
    this.block = block;
    this.nextHop = nextHop;
    hash = Bytes.hash(block, 0, block.length) + 31 * Arrays.hashCode(nextHop);
  }

  byte[] block() {
    return block;
  }

  /** Null when the next hop is in the block. */
  byte[] nextHop() {
    return nextHop;
  }

  @Override
  public boolean equals(Object other) {
    return this == other
        || other instanceof EncodedAttributes e
            && hash == e.hash
            && Arrays.equals(block, e.block)
            && Arrays.equals(nextHop, e.nextHop);
  }

  @Override
  public int hashCode() {
    return hash;
  }

  /** What the peers read. */
  @Override
  public String toString() {
    return "block " + Bytes.hex(block, 0, block.length);
  }
}
