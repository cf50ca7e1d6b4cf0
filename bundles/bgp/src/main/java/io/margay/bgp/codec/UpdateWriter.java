// SPDX-License-Identifier: Apache-2.0
package io.margay.bgp.codec;

import static io.margay.bgp.codec.AttributeType.EXTENDED_LENGTH;
import static io.margay.bgp.codec.AttributeType.MP_REACH_NLRI;
import static io.margay.bgp.codec.AttributeType.MP_UNREACH_NLRI;
import static io.margay.bgp.codec.AttributeType.OPTIONAL;

import io.margay.api.net.IpFamily;
import java.util.Arrays;

/**
 * Writes UPDATE messages one behind the other, each as full as it may be. What belongs to one
 * message is added between {@link #beginAnnounce} or {@link #beginWithdraw} and {@link #end}.
 * Reused; confined to a thread.
 */
public final class UpdateWriter {
  private static final int LENGTH_AT = 16;
  private static final int MAX_PREFIX_BYTES = 17;

  /** Flags, type and a length of two octets. */
  private static final int LONG_HEADER = 4;

  private final int maxLength;
  private byte[] bytes = new byte[8192];
  private int end;

  private boolean isWithdraw;
  private IpFamily family = IpFamily.IPV4;
  private EncodedAttributes attributes;

  /** Where the message begins, its prefixes begin, and the end of what may be written. */
  private int start;

  private int prefixesAt;
  private int limit;

  /**
   * A writer.
   *
   * @param maxLength of a message in bytes: 4096, or 65535 when that is agreed upon
   */
  public UpdateWriter(int maxLength) {
    this.maxLength = maxLength;
  }

  public void clear() {
    end = 0;
  }

  /** The messages; {@link #length} bytes of it. */
  public byte[] bytes() {
    return bytes;
  }

  public int length() {
    return end;
  }

  /** Whether the attributes and a prefix fit into a message; when not, it cannot be told. */
  public boolean fits(EncodedAttributes candidate) {
    int nextHop = candidate.nextHop() == null ? 0 : LONG_HEADER + 5 + candidate.nextHop().length;
    return Message.HEADER_LENGTH + 4 + nextHop + candidate.block().length + MAX_PREFIX_BYTES
        <= maxLength;
  }

  /** Prefixes with these attributes follow; they {@link #fits fit}. */
  public void beginAnnounce(IpFamily of, EncodedAttributes with) {
    family = of;
    attributes = with;
    isWithdraw = false;
    open();
  }

  /** Prefixes that are withdrawn follow. */
  public void beginWithdraw(IpFamily of) {
    family = of;
    isWithdraw = true;
    open();
  }

  private void open() {
    start = end;
    if (start + maxLength > bytes.length) {
      bytes = Arrays.copyOf(bytes, Math.max(start + maxLength, 2 * bytes.length));
    }
    Message.writeHeader(bytes, start, Message.UPDATE, 0);
    end = start + Message.HEADER_LENGTH;
    limit = start + maxLength;
    if (isWithdraw) {
      openWithdraw();
    } else {
      openAnnounce();
    }
    prefixesAt = end;
  }

  private void openWithdraw() {
    // IPv4 has a field of its own, whatever the next hops of its routes.
    Bytes.put16(bytes, end, 0);
    end += 2;
    if (family == IpFamily.IPV4) {
      limit -= 2;
    } else {
      end += 2;
      bytes[end] = (byte) (OPTIONAL | EXTENDED_LENGTH);
      bytes[end + 1] = MP_UNREACH_NLRI;
      Bytes.put16(bytes, end + 4, Open.afi(family));
      bytes[end + 6] = 1;
      end += LONG_HEADER + 3;
    }
  }

  private void openAnnounce() {
    Bytes.put16(bytes, end, 0);
    end += 4;
    byte[] nextHop = attributes.nextHop();
    if (nextHop == null) {
      byte[] block = attributes.block();
      Bytes.put16(bytes, end - 2, block.length);
      System.arraycopy(block, 0, bytes, end, block.length);
      end += block.length;
    } else {
      bytes[end] = (byte) (OPTIONAL | EXTENDED_LENGTH);
      bytes[end + 1] = MP_REACH_NLRI;
      Bytes.put16(bytes, end + 4, Open.afi(family));
      bytes[end + 6] = 1;
      bytes[end + 7] = (byte) nextHop.length;
      System.arraycopy(nextHop, 0, bytes, end + 8, nextHop.length);
      end += LONG_HEADER + 5 + nextHop.length;
      bytes[end - 1] = 0;
      limit -= attributes.block().length;
    }
  }

  /** Adds a prefix, to another message when this one is full. */
  public void add(long high, long low, int length) {
    if (end + 1 + (length + 7) / 8 > limit) {
      end();
      open();
    }
    end = Nlri.write(bytes, end, high, low, length);
  }

  /** Ends the message; one without prefixes is not written. */
  public void end() {
    if (end == prefixesAt) {
      end = start;
      return;
    }
    if (isWithdraw) {
      endWithdraw();
    } else if (attributes.nextHop() != null) {
      endReach();
    }
    Bytes.put16(bytes, start + LENGTH_AT, end - start);
  }

  private void endWithdraw() {
    int body = start + Message.HEADER_LENGTH;
    if (family == IpFamily.IPV4) {
      Bytes.put16(bytes, body, end - body - 2);
      Bytes.put16(bytes, end, 0);
      end += 2;
    } else {
      Bytes.put16(bytes, body + 2, end - body - 4);
      Bytes.put16(bytes, body + 4 + 2, end - body - 4 - LONG_HEADER);
    }
  }

  private void endReach() {
    int body = start + Message.HEADER_LENGTH;
    Bytes.put16(bytes, body + 4 + 2, end - body - 4 - LONG_HEADER);
    byte[] block = attributes.block();
    System.arraycopy(block, 0, bytes, end, block.length);
    end += block.length;
    Bytes.put16(bytes, body + 2, end - body - 4);
  }

  /** Writes that a family has been told completely. RFC 4724 section 2. */
  public void endOfRib(IpFamily of) {
    int length = of == IpFamily.IPV4 ? 23 : 29;
    if (end + length > bytes.length) {
      bytes = Arrays.copyOf(bytes, 2 * bytes.length);
    }
    Arrays.fill(bytes, end, end + length, (byte) 0);
    Message.writeHeader(bytes, end, Message.UPDATE, length);
    if (of == IpFamily.IPV6) {
      int at = end + Message.HEADER_LENGTH;
      bytes[at + 3] = 6;
      bytes[at + 4] = (byte) OPTIONAL;
      bytes[at + 5] = MP_UNREACH_NLRI;
      bytes[at + 6] = 3;
      bytes[at + 8] = (byte) Open.afi(of);
      bytes[at + 9] = 1;
    }
    end += length;
  }
}
