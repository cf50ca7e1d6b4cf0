// SPDX-License-Identifier: Apache-2.0
package io.margay.netlink;

import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.function.IntFunction;

/**
 * One object of the kernel in rtnetlink's form: a fixed header and {@link Attributes}.
 *
 * <p>Equality is that of the encoded bytes. The kernel reports more attributes than were sent, in
 * its own order, so compare the values you declared and not whole messages. linux/rtnetlink.h.
 */
public sealed interface Message
    permits LinkMessage,
        AddressMessage,
        RouteMessage,
        NeighbourMessage,
        RuleMessage,
        NetconfMessage,
        TrafficMessage {
  int AF_UNSPEC = 0;
  int AF_INET = 2;
  int AF_BRIDGE = 7;
  int AF_INET6 = 10;

  int RTM_NEWLINK = 16;
  int RTM_NEWADDR = 20;
  int RTM_NEWROUTE = 24;
  int RTM_NEWNEIGH = 28;
  int RTM_NEWRULE = 32;
  int RTM_NEWQDISC = 36;
  int RTM_NEWTFILTER = 44;
  int RTM_NEWNETCONF = 80;

  /**
   * The message type that creates this kind; the types to delete and to get it are the next two.
   */
  int newType();

  /** What {@code ip} calls this kind: {@code link}, {@code route}. */
  String noun();

  /** Everything behind the fixed header. */
  Attributes attributes();

  /** Appends the fixed header and the attributes; the buffer is in host order. */
  void encode(ByteBuffer out);

  /** The object in the syntax of {@code ip}; devices are named by the function. */
  String describe(IntFunction<String> deviceName);

  /**
   * Decodes the body of a message of this type, new or deleted; empty for a kind not modelled here.
   */
  static Optional<Message> decode(int type, ByteBuffer body) throws NetlinkException {
    return switch (type & ~3) {
      case RTM_NEWLINK -> Optional.of(LinkMessage.decode(body));
      case RTM_NEWADDR -> Optional.of(AddressMessage.decode(body));
      case RTM_NEWROUTE -> Optional.of(RouteMessage.decode(body));
      case RTM_NEWNEIGH -> Optional.of(NeighbourMessage.decode(body));
      case RTM_NEWRULE -> Optional.of(RuleMessage.decode(body));
      case RTM_NEWQDISC, RTM_NEWTFILTER -> Optional.of(TrafficMessage.decode(type & ~3, body));
      case RTM_NEWNETCONF -> Optional.of(NetconfMessage.decode(body));
      default -> Optional.empty();
    };
  }

  /** Fails unless the body holds the fixed header. */
  static void requireHeader(String message, ByteBuffer body, int headerBytes)
      throws NetlinkException {
    if (body.remaining() < headerBytes) {
      throw NetlinkException.malformed(
          message + ": " + body.remaining() + " bytes (expected: at least " + headerBytes + ")");
    }
  }
}
