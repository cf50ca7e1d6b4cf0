// SPDX-License-Identifier: Apache-2.0
package io.margay.bgp.codec;

import static io.margay.bgp.codec.AttributeType.MP_REACH_NLRI;
import static io.margay.bgp.codec.AttributeType.OPTIONAL;

import io.margay.api.net.IpFamily;
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

  /** As the peers read them. */
  public PathAttributes decoded(IpFamily family) {
    AttributeWriter writer = new AttributeWriter();
    boolean isWritten = nextHop == null;
    for (AttributeCursor c = new AttributeCursor(block, 0, block.length); c.next(); ) {
      if (!isWritten && c.type() > MP_REACH_NLRI) {
        writeNextHop(writer, family);
        isWritten = true;
      }
      writer.copy(c);
    }
    if (!isWritten) {
      writeNextHop(writer, family);
    }
    return PathAttributes.of(writer.toByteArray());
  }

  private void writeNextHop(AttributeWriter writer, IpFamily family) {
    int at = writer.begin(OPTIONAL, MP_REACH_NLRI, PathAttributes.MP_NEXT_HOP_AT + nextHop.length);
    Bytes.put16(writer.bytes(), at, Open.afi(family));
    writer.bytes()[at + 2] = 1;
    writer.bytes()[at + 3] = (byte) nextHop.length;
    System.arraycopy(
        nextHop, 0, writer.bytes(), at + PathAttributes.MP_NEXT_HOP_AT, nextHop.length);
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
