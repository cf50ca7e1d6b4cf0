// SPDX-License-Identifier: Apache-2.0
package io.margay.dataplane.trace;

import io.margay.api.dataplane.TraceFlow;
import io.margay.api.dataplane.TraceReply.Kind;
import io.margay.api.net.IpFamily;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * The transport part of a probe, and what answers it. RFC 792, RFC 4443, RFC 9293, RFC 768.
 *
 * @param mark identifier of an echo request, source port of TCP and UDP, 0..65535
 */
record ProbeCodec(TraceFlow flow, int mark) {
  /** What an answer says, without who sent it. */
  record Answer(Kind kind, OptionalInt code, OptionalInt mtuBytes, String detail) {
    private static Answer of(Kind kind, String detail) {
      return new Answer(kind, OptionalInt.empty(), OptionalInt.empty(), detail);
    }
  }

  private static final int HEADER4_BYTES = 20;
  private static final int HEADER6_BYTES = 40;
  private static final int ICMP_BYTES = 8;
  private static final int TCP_BYTES = 20;
  private static final int SYN = 2;
  private static final int RST = 4;
  private static final int ACK = 16;
  private static final int WINDOW = 1024;
  private static final int IPPROTO_ICMP = 1;
  private static final int IPPROTO_TCP = 6;
  private static final int IPPROTO_UDP = 17;
  private static final int IPPROTO_ICMPV6 = 58;

  boolean isIpv6() {
    return IpFamily.of(flow.to()) == IpFamily.IPV6;
  }

  /** IP protocol number. */
  int ipProtocol() {
    return switch (flow.protocol()) {
      case ICMP -> isIpv6() ? IPPROTO_ICMPV6 : IPPROTO_ICMP;
      case TCP -> IPPROTO_TCP;
      case UDP -> IPPROTO_UDP;
    };
  }

  /**
   * What follows the IP header; of UDP, what follows its own header, for the kernel makes that.
   *
   * @param packetBytes size of the IP packet to make
   */
  ByteBuffer request(int packetBytes) {
    int length = packetBytes - (isIpv6() ? HEADER6_BYTES : HEADER4_BYTES);
    return switch (flow.protocol()) {
      case ICMP -> echo(Math.max(ICMP_BYTES, length));
      case TCP -> syn(Math.max(TCP_BYTES, length));
      case UDP -> ByteBuffer.allocateDirect(Math.max(0, length - ICMP_BYTES));
    };
  }

  private ByteBuffer echo(int length) {
    ByteBuffer out = ByteBuffer.allocateDirect(length);
    out.put(0, (byte) (isIpv6() ? 128 : 8)).putShort(4, (short) mark).putShort(6, (short) 1);
    // Of ICMPv6 the kernel computes the checksum: RFC 3542 section 3.1.
    return isIpv6() ? out : out.putShort(2, checksum(0, out));
  }

  private ByteBuffer syn(int length) {
    ByteBuffer out = ByteBuffer.allocateDirect(length);
    out.putShort(0, (short) mark).putShort(2, (short) flow.port()).putInt(4, sequence());
    out.put(12, (byte) (TCP_BYTES / 4 << 4)).put(13, (byte) SYN).putShort(14, (short) WINDOW);
    long pseudo = IPPROTO_TCP + length;
    pseudo += sum(ByteBuffer.wrap(flow.from().getAddress()));
    pseudo += sum(ByteBuffer.wrap(flow.to().getAddress()));
    return out.putShort(16, checksum(pseudo, out));
  }

  /** Initial sequence number: any, as nothing ever follows. */
  private int sequence() {
    return mark << 8;
  }

  /** What an ICMP message, without the IP header, says about this probe. */
  Optional<Answer> icmp(ByteBuffer message) {
    if (message.limit() < ICMP_BYTES) {
      return Optional.empty();
    }
    int type = message.get(0) & 0xff;
    if (type == (isIpv6() ? 129 : 0)) {
      boolean isOurs =
          flow.protocol() == TraceFlow.Protocol.ICMP && (message.getShort(4) & 0xffff) == mark;
      return isOurs ? Optional.of(Answer.of(Kind.ECHO_REPLY, "echo reply")) : Optional.empty();
    }
    if (!isAboutProbe(message.slice(ICMP_BYTES, message.limit() - ICMP_BYTES))) {
      return Optional.empty();
    }
    int code = message.get(1) & 0xff;
    return isIpv6() ? error6(type, code, message) : error4(type, code, message);
  }

  private static Optional<Answer> error4(int type, int code, ByteBuffer message) {
    if (type == 3 && code == 4) {
      return Optional.of(tooBig(message.getShort(6) & 0xffff));
    }
    if (type == 11) {
      return Optional.of(Answer.of(Kind.TTL_EXCEEDED, "time to live exceeded"));
    }
    return type == 3 ? Optional.of(unreachable(code, IcmpNames.code4(code))) : Optional.empty();
  }

  private static Optional<Answer> error6(int type, int code, ByteBuffer message) {
    return switch (type) {
      case 1 -> Optional.of(unreachable(code, IcmpNames.code6(code)));
      case 2 -> Optional.of(tooBig(message.getInt(4)));
      case 3 -> Optional.of(Answer.of(Kind.TTL_EXCEEDED, "hop limit exceeded"));
      default -> Optional.empty();
    };
  }

  private static Answer tooBig(int mtuBytes) {
    String detail = "fragmentation needed" + (mtuBytes == 0 ? "" : ", MTU " + mtuBytes);
    return new Answer(
        Kind.FRAGMENTATION_NEEDED, OptionalInt.empty(), OptionalInt.of(mtuBytes), detail);
  }

  private static Answer unreachable(int code, String name) {
    return new Answer(Kind.UNREACHABLE, OptionalInt.of(code), OptionalInt.empty(), name);
  }

  /** Whether the packet that an ICMP error quotes is this probe: its IP header and 8 bytes. */
  private boolean isAboutProbe(ByteBuffer quoted) {
    boolean hasVersion = quoted.limit() > 0 && (quoted.get(0) >> 4 & 0xf) == (isIpv6() ? 6 : 4);
    int header = isIpv6() ? HEADER6_BYTES : hasVersion ? (quoted.get(0) & 0xf) * 4 : 0;
    if (!hasVersion || header < HEADER4_BYTES || quoted.limit() < header + ICMP_BYTES) {
      return false;
    }
    byte[] to = flow.to().getAddress();
    byte[] quotedTo = new byte[to.length];
    quoted.get(isIpv6() ? 24 : 16, quotedTo);
    return (quoted.get(isIpv6() ? 6 : 9) & 0xff) == ipProtocol()
        && Arrays.equals(to, quotedTo)
        && isProbe(quoted, header);
  }

  private boolean isProbe(ByteBuffer packet, int at) {
    if (flow.protocol() == TraceFlow.Protocol.ICMP) {
      return (packet.getShort(at + 4) & 0xffff) == mark;
    }
    return (packet.getShort(at) & 0xffff) == mark
        && (packet.getShort(at + 2) & 0xffff) == flow.port();
  }

  /** What a TCP segment, without the IP header, says about this probe. */
  Optional<Answer> tcp(ByteBuffer segment) {
    if (segment.limit() < TCP_BYTES
        || (segment.getShort(0) & 0xffff) != flow.port()
        || (segment.getShort(2) & 0xffff) != mark) {
      return Optional.empty();
    }
    int flags = segment.get(13);
    if ((flags & RST) != 0) {
      return Optional.of(Answer.of(Kind.RESET, "connection refused"));
    }
    return (flags & (SYN | ACK)) == (SYN | ACK)
        ? Optional.of(Answer.of(Kind.SYN_ACK, "somebody listens"))
        : Optional.empty();
  }

  /** A datagram from this address and port. */
  Optional<Answer> datagram(InetAddress from, int port) {
    return from.equals(flow.to()) && port == flow.port()
        ? Optional.of(Answer.of(Kind.DATAGRAM, "a datagram came back"))
        : Optional.empty();
  }

  /** RFC 1071, on top of this sum. */
  static short checksum(long start, ByteBuffer bytes) {
    long sum = start + sum(bytes);
    while (sum >>> 16 != 0) {
      sum = (sum & 0xffff) + (sum >>> 16);
    }
    return (short) ~sum;
  }

  private static long sum(ByteBuffer bytes) {
    long sum = 0;
    for (int i = 0; i + 1 < bytes.limit(); i += 2) {
      sum += bytes.getShort(i) & 0xffff;
    }
    return bytes.limit() % 2 == 1 ? sum + ((bytes.get(bytes.limit() - 1) & 0xff) << 8) : sum;
  }
}
