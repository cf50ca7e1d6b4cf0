// SPDX-License-Identifier: Apache-2.0
package io.margay.bgp.policy;

import io.margay.api.net.Ip;
import io.margay.api.net.IpFamily;
import io.margay.api.resource.BgpPeer.NextHopMode;
import java.net.InetAddress;
import java.util.LinkedHashSet;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/**
 * A peer as it is to be.
 *
 * @param name for display, such as {@code mesh/node2} or {@code tor1}
 * @param node of the cluster that it is
 * @param port TCP, to which we connect
 * @param localAs our number towards it
 * @param source address of our end; empty to let the kernel choose
 * @param password for RFC 2385, 1 to 80 bytes of ASCII
 * @param ttlSecurity hops to it, RFC 5082; 255 less these is the least TTL that counts
 * @param isPassive whether it connects to us
 * @param families that the session carries
 * @param holdSeconds that we offer: 0, or 3..65535
 * @param keepaliveSeconds empty for a third of the hold time
 * @param restartSeconds 0..4095, in which we promise to be back
 * @param isReflectorClient whether we reflect routes for it, RFC 4456
 * @param clusterId ours, when we reflect; else 0
 * @param allowedOwnAs how often our AS number may be in its paths
 * @param maxPrefixes of each family; one more ends the session
 */
public record PeerSettings(
    String name,
    Optional<String> node,
    InetAddress address,
    int port,
    long remoteAs,
    long localAs,
    Optional<InetAddress> source,
    Optional<String> password,
    OptionalInt ttlSecurity,
    boolean isPassive,
    Set<IpFamily> families,
    int holdSeconds,
    OptionalInt keepaliveSeconds,
    int restartSeconds,
    boolean isReflectorClient,
    int clusterId,
    NextHopMode nextHopMode,
    int allowedOwnAs,
    OptionalInt maxPrefixes,
    RoutePolicy importPolicy,
    RoutePolicy exportPolicy) {
  public PeerSettings {
    families = Set.copyOf(families);
  }

  /** Whether it is in our AS. */
  public boolean isInternal() {
    return remoteAs == localAs;
  }

  /**
   * What differs of another state of this peer that an open session cannot follow, by the names of
   * the fields; empty when it stays up.
   */
  public Set<String> resetBy(PeerSettings other) {
    Set<String> fields = new LinkedHashSet<>();
    add(fields, "port", port != other.port);
    add(fields, "asNumber", remoteAs != other.remoteAs);
    add(fields, "localASNumber", localAs != other.localAs);
    add(fields, "sourceAddress", !source.equals(other.source));
    add(fields, "password", password.isPresent() != other.password.isPresent());
    add(fields, "families", !families.equals(other.families));
    return fields;
  }

  /** What differs that an open session follows, by the names of the fields. */
  Set<String> followedOf(PeerSettings other) {
    Set<String> fields = new LinkedHashSet<>();
    add(fields, "password", !password.equals(other.password));
    add(fields, "ttlSecurity", !ttlSecurity.equals(other.ttlSecurity));
    add(fields, "nextHopMode", nextHopMode != other.nextHopMode);
    add(fields, "numAllowedLocalASNumbers", allowedOwnAs != other.allowedOwnAs);
    add(fields, "max-prefixes", !maxPrefixes.equals(other.maxPrefixes));
    add(fields, "import", !importPolicy.equals(other.importPolicy));
    add(fields, "export", !exportPolicy.equals(other.exportPolicy));
    boolean isOther = isReflectorClient != other.isReflectorClient || clusterId != other.clusterId;
    add(fields, "reflector", isOther);
    boolean isLater =
        holdSeconds != other.holdSeconds
            || !keepaliveSeconds.equals(other.keepaliveSeconds)
            || restartSeconds != other.restartSeconds;
    add(fields, "timers, from the next session on", isLater);
    add(fields, "name", !name.equals(other.name));
    return fields;
  }

  /** Without the password. */
  @Override
  public String toString() {
    return name + " " + Ip.text(address) + " AS " + remoteAs;
  }

  private static void add(Set<String> fields, String name, boolean differs) {
    if (differs) {
      fields.add(name);
    }
  }
}
