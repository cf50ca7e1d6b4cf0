// SPDX-License-Identifier: Apache-2.0
package io.margay.dataplane.trace;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * What the first bytes of a packet tell.
 *
 * @param content such as {@code ICMP echo request}, {@code TCP SYN from port 40000 to port 80}
 * @param isError whether it is an ICMP error
 */
record PacketHeader(
    InetAddress from, InetAddress to, int sizeBytes, int ttl, String content, boolean isError) {
  private static final int HEADER4_BYTES = 20;
  private static final int HEADER6_BYTES = 40;
  private static final int TCP_FLAGS = 13;
  private static final String[] FLAGS = {"FIN", "SYN", "RST", "PSH", "ACK"};

  /** Empty when these are not the beginnings of an IP packet. */
  static Optional<PacketHeader> of(byte[] network, byte[] transport) {
    int version = network.length == 0 ? 0 : network[0] >> 4 & 0xf;
    if (version == 4 && network.length >= HEADER4_BYTES) {
      return Optional.of(
          new PacketHeader(
              address(network, 12, 4),
              address(network, 16, 4),
              u16(network, 2),
              network[8] & 0xff,
              content(false, network[9] & 0xff, transport),
              isError(network[9] & 0xff, transport)));
    }
    if (version == 6 && network.length >= HEADER6_BYTES) {
      return Optional.of(
          new PacketHeader(
              address(network, 8, 16),
              address(network, 24, 16),
              HEADER6_BYTES + u16(network, 4),
              network[7] & 0xff,
              content(true, network[6] & 0xff, transport),
              isError(network[6] & 0xff, transport)));
    }
    return Optional.empty();
  }

  private static InetAddress address(byte[] header, int at, int bytes) {
    try {
      return InetAddress.getByAddress(Arrays.copyOfRange(header, at, at + bytes));
    } catch (UnknownHostException e) {
      throw new IllegalStateException("of the right length", e);
    }
  }

  private static String content(boolean six, int protocol, byte[] transport) {
    if (transport.length < 4) {
      return "protocol " + protocol;
    }
    return switch (protocol) {
      case 1, 58 -> "ICMP " + IcmpNames.type(six, transport[0] & 0xff, transport[1] & 0xff);
      case 6 -> "TCP " + flags(transport) + ports(transport);
      case 17 -> "UDP " + ports(transport);
      default -> "protocol " + protocol;
    };
  }

  /** RFC 792, and RFC 4443 section 2.1: there, the first half of the types. */
  private static boolean isError(int protocol, byte[] transport) {
    int type = transport.length == 0 ? -1 : transport[0] & 0xff;
    return protocol == 1 && (type == 3 || type == 11) || protocol == 58 && type >= 0 && type < 128;
  }

  private static String flags(byte[] transport) {
    if (transport.length <= TCP_FLAGS) {
      return "";
    }
    List<String> set = new ArrayList<>();
    for (int i = 0; i < FLAGS.length; i++) {
      if ((transport[TCP_FLAGS] & 1 << i) != 0) {
        set.add(FLAGS[i]);
      }
    }
    return String.join(",", set) + " ";
  }

  private static String ports(byte[] transport) {
    return "from port " + u16(transport, 0) + " to port " + u16(transport, 2);
  }

  private static int u16(byte[] header, int at) {
    return (header[at] & 0xff) << 8 | header[at + 1] & 0xff;
  }
}
