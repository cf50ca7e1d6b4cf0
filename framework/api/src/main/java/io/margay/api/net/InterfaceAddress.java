// SPDX-License-Identifier: Apache-2.0
package io.margay.api.net;

import java.net.InetAddress;

/**
 * An address of an interface together with the length of the subnet in which it is, such as {@code
 * 10.0.2.15/24}.
 */
public record InterfaceAddress(InetAddress address, int prefixLength) {
  public InterfaceAddress {
    Cidr.containing(address, prefixLength); // Checks the length.
  }

  /** Parses {@code address/length}, or an address alone, which is its whole subnet. */
  public static InterfaceAddress parse(String text) {
    int slash = text.indexOf('/');
    if (slash < 0) {
      InetAddress address = Ip.parse(text);
      return new InterfaceAddress(address, IpFamily.of(address).addressBits());
    }
    return new InterfaceAddress(
        Ip.parse(text.substring(0, slash)), Cidr.parseMasking(text).length());
  }

  /** The subnet in which the address is. */
  public Cidr subnet() {
    return Cidr.containing(address, prefixLength);
  }

  public IpFamily family() {
    return IpFamily.of(address);
  }

  @Override
  public String toString() {
    return Ip.text(address) + "/" + prefixLength;
  }
}
