// SPDX-License-Identifier: Apache-2.0
package io.margay.netlink;

import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;

/** Addresses and families in the kernel's form. */
final class Ip {
  private Ip() {}

  static int family(InetAddress address) {
    return address instanceof Inet4Address ? Message.AF_INET : Message.AF_INET6;
  }

  /** Bits in an address of this family: 32 or 128; 0 for a family without IP addresses. */
  static int bits(int family) {
    return family == Message.AF_INET ? 32 : family == Message.AF_INET6 ? 128 : 0;
  }

  /** The address of 4 or 16 bytes. */
  static InetAddress address(byte[] bytes) {
    try {
      // InetAddress.getByAddress would turn ::ffff:a.b.c.d into an IPv4 address.
      return bytes.length == 16
          ? Inet6Address.getByAddress(null, bytes, -1)
          : InetAddress.getByAddress(bytes);
    } catch (UnknownHostException e) {
      throw new IllegalArgumentException(
          "address: " + bytes.length + " bytes (expected: 4 or 16)", e);
    }
  }

  /** The unspecified address of a family, {@code 0.0.0.0} or {@code ::}. */
  static InetAddress any(int family) {
    return address(new byte[family == Message.AF_INET6 ? 16 : 4]);
  }

  /** {@code 10.1.2.0/24}, or without the length where it is the whole address. */
  static String prefix(InetAddress address, int length) {
    return length == bits(family(address))
        ? address.getHostAddress()
        : address.getHostAddress() + "/" + length;
  }
}
