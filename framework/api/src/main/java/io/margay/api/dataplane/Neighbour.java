// SPDX-License-Identifier: Apache-2.0
package io.margay.api.dataplane;

import io.margay.api.net.Ip;
import io.margay.api.net.MacAddress;
import java.net.InetAddress;
import java.util.Objects;

/** A permanent neighbour (ARP or NDP) entry. */
public final class Neighbour implements KernelObject {
  /** The kernel's key. */
  public record Key(String link, InetAddress address) {}

  private final String link;
  private final InetAddress address;
  private final MacAddress mac;

  private Neighbour(String link, InetAddress address, MacAddress mac) {
    this.link = Objects.requireNonNull(link);
    this.address = Objects.requireNonNull(address);
    this.mac = Objects.requireNonNull(mac);
  }

  public static Neighbour of(String link, InetAddress address, MacAddress mac) {
    return new Neighbour(link, address, mac);
  }

  public String link() {
    return link;
  }

  public InetAddress address() {
    return address;
  }

  public MacAddress mac() {
    return mac;
  }

  @Override
  public Key key() {
    return new Key(link, address);
  }

  @Override
  public Kind kind() {
    return Kind.NEIGHBOUR;
  }

  @Override
  public boolean equals(Object o) {
    return o instanceof Neighbour other && other.key().equals(key()) && other.mac.equals(mac);
  }

  @Override
  public int hashCode() {
    return Objects.hash(link, address, mac);
  }

  @Override
  public String toString() {
    return "neigh " + Ip.text(address) + " dev " + link + " lladdr " + mac + " nud permanent";
  }
}
