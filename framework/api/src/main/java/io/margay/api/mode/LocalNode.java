// SPDX-License-Identifier: Apache-2.0
package io.margay.api.mode;

import io.margay.api.net.IpFamily;
import java.net.InetAddress;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * The node that a plan is for.
 *
 * @param addresses node addresses, at most one of each family
 * @param prefixLengths lengths of the subnets in which they are
 * @param uplinks name of the link that has the address
 * @param uplinkMtuBytes MTU of that link
 * @param tunnelAddresses tunnel address by {@code MODE/FAMILY}, such as {@code vxlan/IPV4}
 * @param settings what the Node resource says to the mode that is asked: the values of its
 *     annotations {@code margay.io/MODE.NAME}, by NAME
 * @param poolAddresses addresses out of pools that are the node's own and no pod's: its tunnel
 *     addresses of every mode, also those of a mode it has given up while connections live on them
 */
public record LocalNode(
    String name,
    Map<IpFamily, InetAddress> addresses,
    Map<IpFamily, Integer> prefixLengths,
    Map<IpFamily, String> uplinks,
    int uplinkMtuBytes,
    Map<String, InetAddress> tunnelAddresses,
    Map<String, String> settings,
    Set<InetAddress> poolAddresses) {
  public LocalNode {
    addresses = Map.copyOf(addresses);
    prefixLengths = Map.copyOf(prefixLengths);
    uplinks = Map.copyOf(uplinks);
    tunnelAddresses = Map.copyOf(tunnelAddresses);
    settings = Map.copyOf(settings);
    poolAddresses = Set.copyOf(poolAddresses);
  }

  /** A node whose resource says nothing to the mode. */
  public LocalNode(
      String name,
      Map<IpFamily, InetAddress> addresses,
      Map<IpFamily, Integer> prefixLengths,
      Map<IpFamily, String> uplinks,
      int uplinkMtuBytes,
      Map<String, InetAddress> tunnelAddresses) {
    this(
        name,
        addresses,
        prefixLengths,
        uplinks,
        uplinkMtuBytes,
        tunnelAddresses,
        Map.of(),
        new HashSet<>(tunnelAddresses.values()));
  }

  public LocalNode withSettings(Map<String, String> value) {
    return new LocalNode(
        name,
        addresses,
        prefixLengths,
        uplinks,
        uplinkMtuBytes,
        tunnelAddresses,
        value,
        poolAddresses);
  }

  public LocalNode withPoolAddresses(Set<InetAddress> value) {
    return new LocalNode(
        name, addresses, prefixLengths, uplinks, uplinkMtuBytes, tunnelAddresses, settings, value);
  }
}
