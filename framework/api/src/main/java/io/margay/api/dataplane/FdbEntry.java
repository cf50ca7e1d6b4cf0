// SPDX-License-Identifier: Apache-2.0
package io.margay.api.dataplane;

import io.margay.api.net.Ip;
import io.margay.api.net.MacAddress;
import java.net.InetAddress;
import java.util.Objects;

/** A permanent forwarding entry of a VXLAN device: which VTEP a MAC is behind. */
public final class FdbEntry implements KernelObject {
  /** The kernel's key, for entries with one destination. */
  public record Key(String link, MacAddress mac) {}

  private final String link;
  private final MacAddress mac;
  private final InetAddress destination;

  private FdbEntry(String link, MacAddress mac, InetAddress destination) {
    this.link = Objects.requireNonNull(link);
    this.mac = Objects.requireNonNull(mac);
    this.destination = Objects.requireNonNull(destination);
  }

  /** {@code bridge fdb append MAC dev LINK dst DESTINATION self permanent}. */
  public static FdbEntry of(String link, MacAddress mac, InetAddress destination) {
    return new FdbEntry(link, mac, destination);
  }

  public String link() {
    return link;
  }

  public MacAddress mac() {
    return mac;
  }

  public InetAddress destination() {
    return destination;
  }

  @Override
  public Key key() {
    return new Key(link, mac);
  }

  @Override
  public Kind kind() {
    return Kind.FDB;
  }

  @Override
  public boolean equals(Object o) {
    return o instanceof FdbEntry other
        && other.key().equals(key())
        && other.destination.equals(destination);
  }

  @Override
  public int hashCode() {
    return Objects.hash(link, mac, destination);
  }

  @Override
  public String toString() {
    return "fdb " + mac + " dev " + link + " dst " + Ip.text(destination) + " self permanent";
  }
}
