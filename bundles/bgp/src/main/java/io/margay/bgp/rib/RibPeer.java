// SPDX-License-Identifier: Apache-2.0
package io.margay.bgp.rib;

import io.margay.api.net.Ip;
import io.margay.api.net.IpFamily;
import io.margay.bgp.codec.PathAttributes;
import io.margay.bgp.codec.Prefix;
import io.margay.bgp.policy.RoutePolicy;
import io.margay.bgp.policy.Source;
import java.net.InetAddress;

/**
 * Somebody whose routes are in the RIB: a peer, or this speaker itself. Stays the same from session
 * to session. Confined to the RIB's thread.
 */
public final class RibPeer {
  /** Position in the RIB; 0 is this speaker. */
  final int index;

  private String name;
  private final InetAddress address;
  private boolean isExternal;
  private boolean isClient;
  private int identifier;
  private int allowedOwnAs;
  private long localAs;
  private RoutePolicy importPolicy = RoutePolicy.ACCEPT;
  private int maxPrefixes = Integer.MAX_VALUE;

  /** By family: routes that it told, and those of them that are not used. */
  final int[] received = new int[2];

  final int[] rejected = new int[2];

  RibPeer(int index, String name, InetAddress address) {
    this.index = index;
    this.name = name;
    this.address = address;
  }

  /**
   * What it is to us, as its settings say.
   *
   * @param isClient whether we reflect its routes
   * @param localAs our AS number towards it
   * @param allowedOwnAs how often that may be in a path
   * @param maxPrefixes of each family
   */
  public void configure(
      boolean external,
      boolean client,
      long localAs,
      int allowedOwnAs,
      int maxPrefixes,
      RoutePolicy importPolicy) {
    isExternal = external;
    isClient = client;
    this.localAs = localAs;
    this.allowedOwnAs = allowedOwnAs;
    this.maxPrefixes = maxPrefixes;
    this.importPolicy = importPolicy;
  }

  /** How it is shown from now on. */
  public void rename(String shown) {
    name = shown;
  }

  /** Its BGP identifier, of its latest OPEN. */
  public void identify(int id) {
    identifier = id;
  }

  public String name() {
    return name;
  }

  public InetAddress address() {
    return address;
  }

  public boolean isLocal() {
    return index == 0;
  }

  public boolean isExternal() {
    return isExternal;
  }

  public boolean isClient() {
    return isClient;
  }

  int identifier() {
    return identifier;
  }

  public int received(IpFamily family) {
    return received[family.ordinal()];
  }

  /** How many of those that it told cannot be used, or a filter rejects. */
  public int rejected(IpFamily family) {
    return rejected[family.ordinal()];
  }

  int maxPrefixes() {
    return maxPrefixes;
  }

  boolean hasOwnAs(PathAttributes attributes) {
    return attributes.asCount(localAs) > allowedOwnAs;
  }

  Source source() {
    return isLocal() ? Source.LOCAL : new Source(false, isExternal, isClient, false);
  }

  boolean acceptsAll() {
    return importPolicy == RoutePolicy.ACCEPT;
  }

  PathAttributes imported(Prefix prefix, PathAttributes attributes) {
    return importPolicy.apply(prefix, attributes, source());
  }

  @Override
  public String toString() {
    return isLocal() ? "local" : name + " " + Ip.text(address);
  }
}
