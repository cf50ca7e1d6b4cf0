// SPDX-License-Identifier: Apache-2.0
package io.margay.api.net;

import java.net.Inet4Address;
import java.net.InetAddress;

/** IPv4 or IPv6. */
public enum IpFamily {
  IPV4(32),
  IPV6(128);

  private final int addressBits;

  IpFamily(int addressBits) {
    this.addressBits = addressBits;
  }

  /** Length of an address in bits: 32 or 128. */
  public int addressBits() {
    return addressBits;
  }

  /** Length of an address in bytes: 4 or 16. */
  public int addressBytes() {
    return addressBits / 8;
  }

  /** The family of an address. */
  public static IpFamily of(InetAddress address) {
    return address instanceof Inet4Address ? IPV4 : IPV6;
  }
}
