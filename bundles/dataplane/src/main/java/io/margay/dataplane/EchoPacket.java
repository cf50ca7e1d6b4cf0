// SPDX-License-Identifier: Apache-2.0
package io.margay.dataplane;

import io.margay.api.net.IpFamily;
import java.nio.ByteBuffer;

/** ICMP echo request and reply. RFC 792, RFC 4443 section 4. */
final class EchoPacket {
  static final int HEADER_BYTES = 8;
  private static final int ID_OFFSET = 4;

  private final IpFamily family;
  private final int id;

  EchoPacket(IpFamily family, int id) {
    this.family = family;
    this.id = id;
  }

  private int requestType() {
    return family == IpFamily.IPV4 ? 8 : 128;
  }

  private int replyType() {
    return family == IpFamily.IPV4 ? 0 : 129;
  }

  /** Length of the IP header in front, which the kernel adds. */
  private int ipHeaderBytes() {
    return family == IpFamily.IPV4 ? 20 : 40;
  }

  /** The request that makes an IP packet of this size. */
  ByteBuffer request(int packetBytes) {
    int length = Math.max(HEADER_BYTES, packetBytes - ipHeaderBytes());
    ByteBuffer out = ByteBuffer.allocateDirect(length);
    out.put(0, (byte) requestType()).putShort(ID_OFFSET, (short) id);
    if (family == IpFamily.IPV4) {
      out.putShort(2, checksum(out)); // Of ICMPv6 the kernel computes it: RFC 3542 section 3.1.
    }
    return out;
  }

  /** Whether this is the reply; an IPv4 raw socket receives the IP header too. */
  boolean isReply(ByteBuffer received) {
    boolean hasIpHeader = family == IpFamily.IPV4 && received.limit() > 0;
    int at = hasIpHeader ? (received.get(0) & 0xf) * 4 : 0;
    return received.limit() >= at + HEADER_BYTES
        && (received.get(at) & 0xff) == replyType()
        && received.getShort(at + ID_OFFSET) == (short) id;
  }

  /** RFC 1071. */
  static short checksum(ByteBuffer bytes) {
    long sum = 0;
    for (int i = 0; i + 1 < bytes.limit(); i += 2) {
      sum += bytes.getShort(i) & 0xffff;
    }
    if (bytes.limit() % 2 == 1) {
      sum += (bytes.get(bytes.limit() - 1) & 0xff) << 8;
    }
    while (sum >>> 16 != 0) {
      sum = (sum & 0xffff) + (sum >>> 16);
    }
    return (short) ~sum;
  }
}
