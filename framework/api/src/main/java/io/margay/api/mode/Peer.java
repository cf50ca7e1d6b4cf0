// SPDX-License-Identifier: Apache-2.0
package io.margay.api.mode;

import io.margay.api.net.IpFamily;
import java.net.InetAddress;
import java.util.Map;

/**
 * Another node.
 *
 * @param addresses its node addresses, at most one of each family
 * @param sameSubnet per family, whether our subnet contains its address
 * @param gateways per family, the next hop that the kernel has towards its address; missing while
 *     the kernel has no route to it
 * @param tunnelAddresses tunnel address by {@code MODE/FAMILY}
 * @param advertised what the mode's {@link RoutingMode#advertise} said there
 */
public record Peer(
    String name,
    Map<IpFamily, InetAddress> addresses,
    Map<IpFamily, Boolean> sameSubnet,
    Map<IpFamily, Gateway> gateways,
    Map<String, InetAddress> tunnelAddresses,
    Map<String, String> advertised) {
  public Peer {
    addresses = Map.copyOf(addresses);
    sameSubnet = Map.copyOf(sameSubnet);
    gateways = Map.copyOf(gateways);
    tunnelAddresses = Map.copyOf(tunnelAddresses);
    advertised = Map.copyOf(advertised);
  }

  /**
   * How the kernel reaches the peer's address.
   *
   * @param address the next router, or the peer's own address when it is on the link
   */
  public record Gateway(InetAddress address, String link) {}

  public boolean isSameSubnet(IpFamily family) {
    return sameSubnet.getOrDefault(family, false);
  }
}
