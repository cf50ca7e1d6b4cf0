// SPDX-License-Identifier: Apache-2.0
package io.margay.core.plan;

import io.margay.api.net.IpFamily;
import io.margay.core.view.NodeEntry;
import java.net.InetAddress;
import java.util.Collection;
import java.util.Objects;
import java.util.Optional;

/** Chooses the address that stands for a node's pods when a way to them is probed. */
public final class ProbeAddresses {
  private ProbeAddresses() {}

  /**
   * The first tunnel address that the node has in one of these modes: an address out of a pool,
   * which the network between treats as it treats pods. Empty when it has none.
   *
   * @param modes whose devices the node has
   */
  public static Optional<InetAddress> of(
      NodeEntry node, Collection<String> modes, IpFamily family) {
    return modes.stream()
        .map(mode -> node.tunnelAddresses().get(mode + "/" + family))
        .filter(Objects::nonNull)
        .findFirst();
  }
}
