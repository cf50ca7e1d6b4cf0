// SPDX-License-Identifier: Apache-2.0
package io.margay.api.dataplane;

import java.net.InetAddress;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * What came back for a {@link TracePacket}.
 *
 * @param from who answered; empty for {@link Kind#NOTHING} and {@link Kind#REFUSED}
 * @param code of {@link Kind#UNREACHABLE} ICMP's code: see RFC 792 and RFC 1812, or RFC 4443
 * @param mtuBytes of {@link Kind#FRAGMENTATION_NEEDED} the largest packet that would have passed, 0
 *     when the router did not say
 * @param detail in words, with the kernel's name of the error for {@link Kind#REFUSED}
 * @param elapsed from sending to the answer, or to giving up
 */
public record TraceReply(
    Kind kind,
    Optional<InetAddress> from,
    OptionalInt code,
    OptionalInt mtuBytes,
    String detail,
    Duration elapsed) {
  /** Kinds of answers. */
  public enum Kind {
    /** The reply to an ICMP echo request. */
    ECHO_REPLY,
    /** Somebody listens at the TCP port. */
    SYN_ACK,
    /** A host was reached, and nobody listens at the TCP port, or a firewall says so. */
    RESET,
    /** A datagram from the UDP port. */
    DATAGRAM,
    /** The hop limit was used up at a router. */
    TTL_EXCEEDED,
    /**
     * A router or the host says that it cannot be delivered; from the host itself: no such port.
     */
    UNREACHABLE,
    /** The packet is larger than the next link takes. */
    FRAGMENTATION_NEEDED,
    /** No answer in time. */
    NOTHING,
    /**
     * This kernel did not send it: {@code ENETUNREACH} (no route), {@code EADDRNOTAVAIL} (the
     * source is not an address there), {@code EMSGSIZE} (larger than the first link takes), {@code
     * EPERM} (dropped by a firewall on its way out), {@code ENODEV} (no such pod link) ...
     */
    REFUSED
  }

  /** Whether the destination itself was reached and its answer found the way back. */
  public boolean isReached(InetAddress destination) {
    boolean answered =
        kind == Kind.ECHO_REPLY
            || kind == Kind.SYN_ACK
            || kind == Kind.RESET
            || kind == Kind.DATAGRAM
            || kind == Kind.UNREACHABLE;
    return answered && from.equals(Optional.of(destination));
  }
}
