// SPDX-License-Identifier: Apache-2.0
package io.margay.ipip;

import io.margay.api.net.MacAddress;
import java.net.InetAddress;

/**
 * The MAC that stands for a node on the eBPF device: {@code 02:50:} and the four bytes of its
 * address; {@code 02:51:} and so on if it is reached by another than the first uplink. The program
 * that sends needs to know no more, and no map.
 */
final class TunnelMac {
  static final int PREFIX_BYTES = 2;

  /** More uplinks than any node has; the second byte has room for 176. */
  static final int MAX_UPLINKS = 64;

  /** Of the device itself, on every node: no peer has it, and an ifb's cannot be changed. */
  static final MacAddress DEVICE = MacAddress.parse("0a:50:00:00:00:00");

  private static final int LOCAL = 0x02;
  private static final int FIRST = 0x50;

  private TunnelMac() {}

  /** Of a peer that is reached by the uplink at this place. */
  static MacAddress of(InetAddress address, int uplink) {
    byte[] mac = new byte[6];
    mac[0] = LOCAL;
    mac[1] = (byte) (FIRST + uplink);
    System.arraycopy(address.getAddress(), 0, mac, PREFIX_BYTES, 4);
    return MacAddress.of(mac);
  }

  /** The first two bytes as a half-word loaded from a packet. */
  static int prefix(int uplink) {
    return LOCAL | FIRST + uplink << 8;
  }
}
