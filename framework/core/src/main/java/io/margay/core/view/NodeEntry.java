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
 * @param parked tunnel addresses of modes that this node has given up, by {@code MODE/FAMILY}
 * @param advertised by mode, what its {@code advertise} said there
 * @param settings by mode, what the Node's annotations say to it
 */
public record NodeEntry(
    String name,
    Map<IpFamily, InterfaceAddress> addresses,
    Map<String, InetAddress> tunnelAddresses,
    Map<String, InetAddress> parked,
    Map<String, Map<String, String>> advertised,
    Map<String, Map<String, String>> settings,
    Map<String, String> labels) {
  public NodeEntry {
    addresses = Map.copyOf(addresses);
    tunnelAddresses = Map.copyOf(tunnelAddresses);
    parked = Map.copyOf(parked);
    advertised = Map.copyOf(advertised);
    settings = Map.copyOf(settings);
    labels = Map.copyOf(labels);
  }
}
