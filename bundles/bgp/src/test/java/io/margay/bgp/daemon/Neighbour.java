// SPDX-License-Identifier: Apache-2.0
package io.margay.bgp.daemon;

import io.margay.api.net.IpFamily;
import java.net.InetAddress;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;

/**
 * A daemon's session with one neighbour.
 *
 * @param local the daemon's end
 * @param asNumber the neighbour's
 * @param families that the session carries
 */
public record Neighbour(
    InetAddress local,
    InetAddress remote,
    long asNumber,
    Set<IpFamily> families,
    Optional<String> password,
    Set<Trait> traits) {
  /** What a session may have. */
  public enum Trait {
    /** It waits for the neighbour to connect. */
    PASSIVE,
    /** The neighbour is a client of this reflector. RFC 4456. */
    REFLECTOR_CLIENT,
    /** Packets come from a neighbour without a router between. RFC 5082. */
    TTL_SECURITY,
    /** AS numbers in messages are of two octets. RFC 6793. */
    TWO_OCTET_AS,
    /** IPv4 prefixes have a next hop of IPv6. RFC 8950. */
    EXTENDED_NEXT_HOP
  }

  public Neighbour {
    families = Set.copyOf(families);
    traits = Set.copyOf(traits);
  }

  /** A session over IPv4 that carries IPv4. */
  public static Neighbour overIpv4(int local, int remote, long asNumber) {
    return of(TestNet.ipv4(local), TestNet.ipv4(remote), asNumber);
  }

  /** A session over IPv6 that carries IPv6. */
  public static Neighbour overIpv6(int local, int remote, long asNumber) {
    return of(TestNet.ipv6(local), TestNet.ipv6(remote), asNumber);
  }

  private static Neighbour of(InetAddress local, InetAddress remote, long asNumber) {
    Set<IpFamily> family = Set.of(IpFamily.of(local));
    return new Neighbour(local, remote, asNumber, family, Optional.empty(), Set.of());
  }

  /** The session carries both families. */
  public Neighbour withBothFamilies() {
    Set<IpFamily> both = EnumSet.allOf(IpFamily.class);
    return new Neighbour(local, remote, asNumber, both, password, traits);
  }

  public Neighbour withPassword(String value) {
    return new Neighbour(local, remote, asNumber, families, Optional.of(value), traits);
  }

  public Neighbour with(Trait... some) {
    return new Neighbour(local, remote, asNumber, families, password, Set.of(some));
  }

  boolean has(Trait trait) {
    return traits.contains(trait);
  }
}
