// SPDX-License-Identifier: Apache-2.0
package io.margay.conformance;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Comparator;
import java.util.Optional;

/**
 * An address with a prefix length; host bits may be set.
 *
 * @param prefixBits 0 to 32 or 128
 */
record Cidr(InetAddress address, int prefixBits) implements Comparable<Cidr> {
  private static final Comparator<Cidr> ORDER =
      Comparator.comparing((Cidr cidr) -> cidr.address.getHostAddress())
          .thenComparing(Cidr::prefixBits);

  /** Reads {@code address/bits}, or an address alone as one of full length. */
  static Optional<Cidr> parse(String text) {
    int slash = text.indexOf('/');
    Optional<InetAddress> address = address(slash < 0 ? text : text.substring(0, slash));
    if (address.isEmpty()) {
      return Optional.empty();
    }
    int max = address.get().getAddress().length * 8;
    if (slash < 0) {
      return Optional.of(new Cidr(address.get(), max));
    }
    String bits = text.substring(slash + 1);
    return bits.matches("\\d{1,3}") && Integer.parseInt(bits) <= max
        ? Optional.of(new Cidr(address.get(), Integer.parseInt(bits)))
        : Optional.empty();
  }

  /** Reads a numeric address; a name is none. */
  static Optional<InetAddress> address(String text) {
    if (!text.matches("[0-9.]+|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*")) {
      return Optional.empty();
    }
    try {
      // Text of only such characters is never looked up as a name.
      InetAddress address = InetAddress.getByName(text);
      boolean isIpv4 = text.matches("\\d+(\\.\\d+){3}");
      return isIpv4 || text.contains(":") ? Optional.of(address) : Optional.empty();
    } catch (UnknownHostException e) {
      return Optional.empty();
    }
  }

  boolean isIpv4() {
    return address.getAddress().length == 4;
  }

  @Override
  public int compareTo(Cidr other) {
    return ORDER.compare(this, other);
  }

  @Override
  public String toString() {
    return address.getHostAddress() + "/" + prefixBits;
  }
}
