// SPDX-License-Identifier: Apache-2.0
package io.margay.core.view;

import io.margay.api.net.InterfaceAddress;
import io.margay.api.net.IpFamily;
import java.net.InetAddress;
import java.util.Map;

/**
 * What planners need of a Node.
 *
 * @param addresses node addresses with their subnets, at most one of each family
 * @param tunnelAddresses by {@code MODE/FAMILY}
 */
public record NodeEntry(
    String name,
    Map<IpFamily, InterfaceAddress> addresses,
    Map<String, InetAddress> tunnelAddresses) {
  public NodeEntry {
    addresses = Map.copyOf(addresses);
    tunnelAddresses = Map.copyOf(tunnelAddresses);
  }
}
