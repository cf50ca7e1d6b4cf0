// SPDX-License-Identifier: Apache-2.0
package io.margay.api.dataplane;

import io.margay.api.net.IpFamily;
import java.net.InetAddress;

/**
 * The packets of one conversation, there and back, as a {@link PacketTracer} sends and watches
 * them.
 *
 * @param from who asks
 * @param to who is asked, of the same family
 * @param port of TCP and UDP the port that is asked, 1..65535; of ICMP 0
 */
public record TraceFlow(InetAddress from, InetAddress to, Protocol protocol, int port) {
  /** What is sent. */
  public enum Protocol {
    /** An ICMP echo request; its reply comes back. */
    ICMP,
    /** A SYN; the handshake is never completed. */
    TCP,
    /** A datagram of zeros. */
    UDP
  }

  /**
   * @throws IllegalArgumentException for addresses of two families, and for a port out of range
   */
  public TraceFlow {
    if (IpFamily.of(from) != IpFamily.of(to)) {
      throw new IllegalArgumentException(
          "to: "
              + to.getHostAddress()
              + " (expected: of the family of "
              + from.getHostAddress()
              + ")");
    }
    boolean hasPort = protocol != Protocol.ICMP;
    if (hasPort ? port < 1 || port > 65535 : port != 0) {
      throw new IllegalArgumentException(
          "port: " + port + " (expected: " + (hasPort ? "1..65535" : "0 for ICMP") + ")");
    }
  }

  /** ICMP echo. */
  public static TraceFlow icmp(InetAddress from, InetAddress to) {
    return new TraceFlow(from, to, Protocol.ICMP, 0);
  }

  /** A TCP connection to a port. */
  public static TraceFlow tcp(InetAddress from, InetAddress to, int port) {
    return new TraceFlow(from, to, Protocol.TCP, port);
  }

  /** Datagrams to a UDP port. */
  public static TraceFlow udp(InetAddress from, InetAddress to, int port) {
    return new TraceFlow(from, to, Protocol.UDP, port);
  }

  /** {@code ICMP 10.0.0.1 > 10.0.1.1}, {@code TCP 10.0.0.1 > 10.0.1.1 port 80}. */
  @Override
  public String toString() {
    String text = protocol + " " + from.getHostAddress() + " > " + to.getHostAddress();
    return port == 0 ? text : text + " port " + port;
  }
}
