// SPDX-License-Identifier: Apache-2.0
package io.margay.api.ipam;

import io.margay.api.net.IpFamily;
import java.net.InetAddress;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A request for addresses of one workload or tunnel.
 *
 * @param handle who will hold them; a repeated request of one handle returns what it holds
 * @param node the node on which they will be used
 * @param use what for: pools may be restricted by it
 * @param families one address of each
 * @param pools names or CIDRs of the pools to use; for a family of which none is named, the pools'
 *     selectors decide
 * @param addresses specific addresses wanted; empty for any
 * @param namespaceLabels of the pod's namespace, for pools' namespaceSelector
 * @param attributes kept with the allocation: {@code pod}, {@code namespace}, {@code node} ...
 */
public record AddressRequest(
    String handle,
    String node,
    Use use,
    Set<IpFamily> families,
    List<String> pools,
    List<InetAddress> addresses,
    Map<String, String> namespaceLabels,
    Map<String, String> attributes) {
  /** What an address is for; IPPool {@code allowedUses}. */
  public enum Use {
    WORKLOAD,
    TUNNEL
  }

  public AddressRequest {
    families = Set.copyOf(families);
    pools = List.copyOf(pools);
    addresses = List.copyOf(addresses);
    namespaceLabels = Map.copyOf(namespaceLabels);
    attributes = Map.copyOf(attributes);
    if (handle.isEmpty() || families.isEmpty() && addresses.isEmpty()) {
      throw new IllegalArgumentException(
          "address request of " + handle + " (expected: a handle, and a family or an address)");
    }
  }
}
