// SPDX-License-Identifier: Apache-2.0
package io.margay.api.dataplane;

import java.net.InetAddress;
import java.time.Duration;

/**
 * A question to another node's kernel: does this path carry such packets?
 *
 * @param sizeBytes size of the IP packet, 28..65535 for IPv4, 48..65535 for IPv6
 * @param timeout how long to wait for the answer
 */
public record Probe(
    Protocol protocol, InetAddress from, InetAddress to, int sizeBytes, Duration timeout) {
  /** What is sent. */
  public enum Protocol {
    /** An ICMP echo request with DF set. */
    ICMP,
    /**
     * A datagram to a port where nobody listens. The other kernel says so only when the checksum is
     * right, which the card or the kernel computes as for every packet of TCP or UDP.
     */
    UDP
  }

  /** An ICMP echo request. */
  public Probe(InetAddress from, InetAddress to, int sizeBytes, Duration timeout) {
    this(Protocol.ICMP, from, to, sizeBytes, timeout);
  }
}
