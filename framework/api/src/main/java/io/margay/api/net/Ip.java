// SPDX-License-Identifier: Apache-2.0
package io.margay.api.net;

import java.math.BigInteger;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Arrays;

/** Parsing, printing and arithmetic of IP addresses that never asks a name server. */
public final class Ip {
  private Ip() {}

  /**
   * Parses an IPv4 dotted quad or an IPv6 address.
   *
   * @throws IllegalArgumentException when the text is no literal address (host names are refused)
   */
  public static InetAddress parse(String text) {
    boolean looksNumeric =
        text.indexOf(':') >= 0
            ? text.chars().allMatch(c -> c == ':' || c == '.' || Character.digit(c, 16) >= 0)
            : text.matches("\\d{1,3}\\.\\d{1,3}\\.\\d{1,3}\\.\\d{1,3}");
    if (!looksNumeric) {
      throw bad(text);
    }
    try {
      return InetAddress.getByName(text);
    } catch (UnknownHostException e) {
      throw bad(text);
    }
  }

  /**
   * The address with these bytes, 4 or 16 of them, in network order.
   *
   * @throws IllegalArgumentException for any other length
   */
  public static InetAddress of(byte[] bytes) {
    try {
      // An IPv4-mapped IPv6 address must stay IPv6, which getByAddress would not do.
      return bytes.length == 16
          ? Inet6Address.getByAddress(null, bytes, -1)
          : InetAddress.getByAddress(bytes);
    } catch (UnknownHostException e) {
      throw new IllegalArgumentException(
          "address: " + bytes.length + " bytes (expected: 4 or 16)", e);
    }
  }

  /** RFC 5952 text of an address: lower case, the longest run of zero groups as {@code ::}. */
  public static String text(InetAddress address) {
    return IpFamily.of(address) == IpFamily.IPV4
        ? address.getHostAddress()
        : text6(address.getAddress());
  }

  /** The address {@code offset} after this one; carries and wraps within the family. */
  public static InetAddress plus(InetAddress address, long offset) {
    int length = address.getAddress().length;
    BigInteger sum =
        new BigInteger(1, address.getAddress())
            .add(BigInteger.valueOf(offset))
            .mod(BigInteger.ONE.shiftLeft(length * 8));
    byte[] raw = sum.toByteArray();
    byte[] bytes = new byte[length];
    int copied = Math.min(raw.length, length);
    System.arraycopy(raw, raw.length - copied, bytes, length - copied, copied);
    return of(bytes);
  }

  /** Orders IPv4 before IPv6, then by unsigned value. */
  public static int compare(InetAddress a, InetAddress b) {
    byte[] x = a.getAddress();
    byte[] y = b.getAddress();
    return x.length != y.length ? x.length - y.length : Arrays.compareUnsigned(x, y);
  }

  private static String text6(byte[] bytes) {
    int[] groups = new int[8];
    for (int i = 0; i < 8; i++) {
      groups[i] = (bytes[2 * i] & 0xff) << 8 | bytes[2 * i + 1] & 0xff;
    }
    int bestStart = -1;
    int bestLength = 1; // A single zero group is not shortened: RFC 5952 section 4.2.2.
    for (int i = 0; i < 8; i++) {
      int end = i;
      while (end < 8 && groups[end] == 0) {
        end++;
      }
      if (end - i > bestLength) {
        bestStart = i;
        bestLength = end - i;
      }
      i = Math.max(i, end - 1);
    }
    StringBuilder out = new StringBuilder();
    for (int i = 0; i < 8; i++) {
      if (i == bestStart) {
        out.append("::");
        i += bestLength - 1;
      } else {
        if (i > 0 && out.charAt(out.length() - 1) != ':') {
          out.append(':');
        }
        out.append(Integer.toHexString(groups[i]));
      }
    }
    return out.toString();
  }

  private static IllegalArgumentException bad(String text) {
    return new IllegalArgumentException(
        "address: "
            + text
            + " (expected: an IPv4 or IPv6 address such as 192.0.2.1 or 2001:db8::1)");
  }
}
