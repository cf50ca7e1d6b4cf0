// SPDX-License-Identifier: Apache-2.0
package io.margay.bgp.policy;

import io.margay.api.net.IpFamily;
import io.margay.bgp.codec.PathAttributes;
import io.margay.bgp.codec.Prefix;
import java.net.InetAddress;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * All that a speaker is to be.
 *
 * @param routerId the BGP identifier, as 32 bits; not 0
 * @param listenPort TCP
 * @param listenAddresses empty for all
 * @param clusterId of this node as a route reflector; else 0
 * @param peers in the order of their addresses, each address once
 * @param origins what this node has, with the communities, {@code aa:nn} or {@code aa:nn:mm}, that
 *     go with each
 * @param nodeAddresses of this node: next hops on sessions of another family
 * @param ownAddresses of this node: nobody else's next hop
 * @param problems what of the configuration cannot be used, in sentences
 */
public record SpeakerSettings(
    long asNumber,
    int routerId,
    int listenPort,
    List<InetAddress> listenAddresses,
    int clusterId,
    List<PeerSettings> peers,
    Map<Prefix, PathAttributes> origins,
    Map<Prefix, InetAddress> gateways,
    Map<IpFamily, InetAddress> nodeAddresses,
    Set<InetAddress> ownAddresses,
    List<String> problems) {
  public SpeakerSettings {
    listenAddresses = List.copyOf(listenAddresses);
    peers = List.copyOf(peers);
    origins = Map.copyOf(origins);
    gateways = Map.copyOf(gateways);
    nodeAddresses = Map.copyOf(nodeAddresses);
    ownAddresses = Set.copyOf(ownAddresses);
    problems = List.copyOf(problems);
  }
}
