// SPDX-License-Identifier: Apache-2.0
package io.margay.bgp;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;

/** Addresses without what is of this machine alone. */
final class Addresses {
  private Addresses() {}

  /** A link-local address without the link. */
  static InetAddress withoutZone(InetAddress address) {
    if (!(address instanceof Inet6Address)) {
      return address;
    }
    try {
      return InetAddress.getByAddress(address.getAddress());
    } catch (UnknownHostException e) {
      throw new AssertionError("16 bytes are an address", e);
    }
  }
}
