// SPDX-License-Identifier: Apache-2.0
package io.margay.api.mode;

import io.margay.api.net.IpFamily;
import java.net.InetAddress;
import java.util.Map;

/**
 * The node that a plan is for.
 *
 * @param addresses node addresses, at most one of each family
 * @param prefixLengths lengths of the subnets in which they are
 * @param uplinks name of the link that has the address
 * @param uplinkMtuBytes MTU of that link
 * @param tunnelAddresses tunnel address by {@code MODE/FAMILY}, such as {@code vxlan/IPV4}
 */
public record LocalNode(
    String name,
    Map<IpFamily, InetAddress> addresses,
    Map<IpFamily, Integer> prefixLengths,
    Map<IpFamily, String> uplinks,
    int uplinkMtuBytes,
    Map<String, InetAddress> tunnelAddresses) {
  public LocalNode {
    addresses = Map.copyOf(addresses);
    prefixLengths = Map.copyOf(prefixLengths);
    uplinks = Map.copyOf(uplinks);
    tunnelAddresses = Map.copyOf(tunnelAddresses);
  }
}
