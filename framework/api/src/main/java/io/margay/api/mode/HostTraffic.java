// SPDX-License-Identifier: Apache-2.0
package io.margay.api.mode;

/**
 * Tunnel traffic between nodes, which the host rules let through from known nodes only.
 *
 * @param ipProtocol IP protocol number, such as 4, or 17 together with a port; 1..255
 * @param udpPort destination port, 1..65535; 0 when the protocol has no ports
 */
public record HostTraffic(int ipProtocol, int udpPort) implements Comparable<HostTraffic> {
  public HostTraffic {
    if (ipProtocol < 1 || ipProtocol > 255 || udpPort < 0 || udpPort > 65535) {
      throw new IllegalArgumentException(
          "host traffic: "
              + ipProtocol
              + "/"
              + udpPort
              + " (expected: protocol 1..255, port 0..65535)");
    }
  }

  @Override
  public int compareTo(HostTraffic other) {
    int byProtocol = Integer.compare(ipProtocol, other.ipProtocol);
    return byProtocol != 0 ? byProtocol : Integer.compare(udpPort, other.udpPort);
  }

  @Override
  public String toString() {
    return udpPort == 0 ? "proto " + ipProtocol : "udp dport " + udpPort;
  }
}
