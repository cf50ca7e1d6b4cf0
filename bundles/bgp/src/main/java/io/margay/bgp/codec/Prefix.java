// SPDX-License-Identifier: Apache-2.0
package io.margay.bgp.codec;

import io.margay.api.net.Cidr;
import io.margay.api.net.IpFamily;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;

/**
 * A destination, as two words: quick to compare, with one layout for both families.
 *
 * @param high first 64 bits of the address; an IPv4 address is in the upper half
 * @param low last 64 bits; 0 for IPv4
 * @param length 0 to 32 or 128 bits; the bits behind it are 0
 */
public record Prefix(IpFamily family, long high, long low, int length)
    implements Comparable<Prefix> {
  public static Prefix of(Cidr cidr) {
    byte[] address = cidr.network().getAddress();
    return new Prefix(IpFamily.of(cidr.network()), high(address), low(address), cidr.length());
  }

  static long high(byte[] address) {
    return address.length == 4
        ? (long) ByteBuffer.wrap(address).getInt() << 32
        : ByteBuffer.wrap(address).getLong();
  }

  static long low(byte[] address) {
    return address.length == 4 ? 0 : ByteBuffer.wrap(address).getLong(8);
  }

  /** The bits that a prefix of this length leaves in the upper word. */
  public static long highMask(int length) {
    return length == 0 ? 0 : -1L << Math.max(0, 64 - length);
  }

  /** The bits that a prefix of this length leaves in the lower word. */
  public static long lowMask(int length) {
    return length <= 64 ? 0 : -1L << 128 - length;
  }

  public Cidr cidr() {
    return new Cidr(address(), length);
  }

  private InetAddress address() {
    byte[] bytes =
        family == IpFamily.IPV4
            ? ByteBuffer.allocate(4).putInt((int) (high >>> 32)).array()
            : ByteBuffer.allocate(16).putLong(high).putLong(low).array();
    try {
      return InetAddress.getByAddress(bytes);
    } catch (UnknownHostException e) {
      throw new AssertionError("4 or 16 bytes are an address", e);
    }
  }

  /** Whether the other is this one or lies in it. */
  public boolean contains(Prefix other) {
    return family == other.family
        && length <= other.length
        && (other.high & highMask(length)) == high
        && (other.low & lowMask(length)) == low;
  }

  /** By family, address and length. */
  @Override
  public int compareTo(Prefix other) {
    int order = family.compareTo(other.family);
    order = order != 0 ? order : Long.compareUnsigned(high, other.high);
    order = order != 0 ? order : Long.compareUnsigned(low, other.low);
    return order != 0 ? order : Integer.compare(length, other.length);
  }

  @Override
  public String toString() {
    return cidr().toString();
  }
}
