// SPDX-License-Identifier: Apache-2.0
package io.margay.core.view;

import io.margay.api.net.MacAddress;
import java.net.InetAddress;
import java.util.List;
import java.util.Optional;

/**
 * What planners need of a WorkloadEndpoint of this node.
 *
 * @param handle who holds its addresses; the alias of its link
 * @param link name of the host's end
 * @param mac of the pod's end
 */
public record EndpointEntry(
    String handle, String link, Optional<MacAddress> mac, List<InetAddress> addresses) {
  public EndpointEntry {
    addresses = List.copyOf(addresses);
  }
}
