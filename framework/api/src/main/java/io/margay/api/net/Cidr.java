// SPDX-License-Identifier: Apache-2.0
package io.margay.api.net;

import java.math.BigInteger;
import java.net.InetAddress;

/**
 * An IP prefix: a network address and its length, host bits zero.
 *
 * <p>{@link #parse} refuses set host bits, as Calico's validation does; {@link #containing} masks.
 *
 * @param network the first address of the prefix
 * @param length prefix length in bits, 0..32 or 0..128
 */
public record Cidr(InetAddress network, int length) implements Comparable<Cidr> {
  public Cidr {
    int max = IpFamily.of(network).addressBits();
    if (length < 0 || length > max) {
      throw new IllegalArgumentException(
          "prefix length: " + length + " (expected: 0.." + max + " for " + Ip.text(network) + ")");
    }
    InetAddress masked = mask(network, length);
    if (!masked.equals(network)) {
      throw new IllegalArgumentException(
          "cidr: "
              + Ip.text(network)
              + "/"
              + length
              + " (expected: no host bits set, as in "
              + Ip.text(masked)
              + "/"
              + length
              + ")");
    }
  }

  /** Parses {@code address/length}; host bits must be zero. */
  public static Cidr parse(String text) {
    int slash = text.indexOf('/');
    if (slash < 0) {
      throw bad(text);
    }
    return new Cidr(Ip.parse(text.substring(0, slash)), length(text, slash));
  }

  /** Parses {@code address/length} of an interface, masking the host bits away. */
  public static Cidr parseMasking(String text) {
    int slash = text.indexOf('/');
    if (slash < 0) {
      throw bad(text);
    }
    return containing(Ip.parse(text.substring(0, slash)), length(text, slash));
  }

  /** The prefix of this length that contains the address. */
  public static Cidr containing(InetAddress address, int length) {
    int max = IpFamily.of(address).addressBits();
    if (length < 0 || length > max) {
      throw new IllegalArgumentException(
          "prefix length: " + length + " (expected: 0.." + max + ")");
    }
    return new Cidr(mask(address, length), length);
  }

  /** The /32 or /128 of one address. */
  public static Cidr host(InetAddress address) {
    return new Cidr(address, IpFamily.of(address).addressBits());
  }

  public IpFamily family() {
    return IpFamily.of(network);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Cidr cidr && length == cidr.length && network.equals(cidr.network);
  }

  /** Blocks differ in a few middle bits of their addresses: spread them over the hash table. */
  @Override
  public int hashCode() {
    int hash = (31 * network.hashCode() + length) * 0x9e3779b9;
    return hash ^ hash >>> 15;
  }

  /** Whether this is a /32 or /128. */
  public boolean isHost() {
    return length == family().addressBits();
  }

  /** Whether the address lies inside; false for the other family. */
  public boolean contains(InetAddress address) {
    return IpFamily.of(address) == family() && mask(address, length).equals(network);
  }

  /** Whether the other prefix lies wholly inside (or is equal). */
  public boolean contains(Cidr other) {
    return other.length >= length && contains(other.network);
  }

  /** Whether the two share any address. */
  public boolean overlaps(Cidr other) {
    return contains(other) || other.contains(this);
  }

  /** The address at this offset from the network address. */
  public InetAddress address(long offset) {
    return Ip.plus(network, offset);
  }

  /** The last address, which is the network address of a prefix of one. */
  public InetAddress last() {
    byte[] bytes = network.getAddress();
    for (int bit = length; bit < Byte.SIZE * bytes.length; bit++) {
      bytes[bit / Byte.SIZE] |= (byte) (1 << Byte.SIZE - 1 - bit % Byte.SIZE);
    }
    return Ip.of(bytes);
  }

  /** Number of addresses. */
  public BigInteger size() {
    return BigInteger.ONE.shiftLeft(family().addressBits() - length);
  }

  /**
   * Distance of an address from the network address.
   *
   * @throws IllegalArgumentException when the address is outside, or farther than a long can tell
   */
  public long offsetOf(InetAddress address) {
    if (!contains(address)) {
      throw new IllegalArgumentException(
          "address: " + Ip.text(address) + " (expected: in " + this + ")");
    }
    return new BigInteger(1, address.getAddress())
        .subtract(new BigInteger(1, network.getAddress()))
        .longValueExact();
  }

  /** IPv4 before IPv6, then by network, then shorter before longer. */
  @Override
  public int compareTo(Cidr other) {
    int order = Ip.compare(network, other.network);
    return order != 0 ? order : Integer.compare(length, other.length);
  }

  /** {@code network/length}, the form that {@link #parse} reads. */
  @Override
  public String toString() {
    return Ip.text(network) + "/" + length;
  }

  private static InetAddress mask(InetAddress address, int length) {
    byte[] bytes = address.getAddress();
    for (int i = 0; i < bytes.length; i++) {
      int keep = Math.max(0, Math.min(8, length - 8 * i));
      bytes[i] &= (byte) (0xff00 >> keep);
    }
    return Ip.of(bytes);
  }

  private static int length(String text, int slash) {
    String digits = text.substring(slash + 1);
    if (!digits.matches("\\d{1,3}")) {
      throw bad(text);
    }
    return Integer.parseInt(digits);
  }

  private static IllegalArgumentException bad(String text) {
    return new IllegalArgumentException(
        "cidr: " + text + " (expected: address/length such as 10.65.0.0/16)");
  }
}
