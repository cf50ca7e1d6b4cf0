// SPDX-License-Identifier: Apache-2.0
package io.margay.api.dataplane;

import io.margay.api.net.Ip;
import java.net.InetAddress;
import java.util.Objects;

/**
 * An IP address on a link. On {@code lo} it serves those who have it already: the kernel chooses it
 * as the source of nothing new.
 */
public final class Address implements KernelObject {
  /** The kernel's key. */
  public record Key(String link, InetAddress address, int prefixLength) {}

  private final String link;
  private final InetAddress address;
  private final int prefixLength;

  private Address(String link, InetAddress address, int prefixLength) {
    this.link = Objects.requireNonNull(link);
    this.address = Objects.requireNonNull(address);
    this.prefixLength = prefixLength;
  }

  public static Address of(String link, InetAddress address, int prefixLength) {
    return new Address(link, address, prefixLength);
  }

  public String link() {
    return link;
  }

  public InetAddress address() {
    return address;
  }

  public int prefixLength() {
    return prefixLength;
  }

  @Override
  public Key key() {
    return new Key(link, address, prefixLength);
  }

  @Override
  public Kind kind() {
    return Kind.ADDRESS;
  }

  @Override
  public boolean equals(Object o) {
    return o instanceof Address other && other.key().equals(key());
  }

  @Override
  public int hashCode() {
    return key().hashCode();
  }

  @Override
  public String toString() {
    return "address " + Ip.text(address) + "/" + prefixLength + " dev " + link;
  }
}
