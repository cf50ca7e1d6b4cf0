// SPDX-License-Identifier: Apache-2.0
package io.margay.core.plan;

import io.margay.api.net.IpFamily;
import io.margay.core.view.NodeEntry;
import java.net.InetAddress;
import java.util.Optional;
import java.util.TreeMap;

/** Chooses the address that stands for a node's pods when a way to them is probed. */
public final class ProbeAddresses {
  private ProbeAddresses() {}

  /**
   * The node's tunnel address in a mode, else in any other: an address out of a pool, which the
   * network between treats as it treats pods. Empty when it has none.
   */
  public static Optional<InetAddress> of(NodeEntry node, String mode, IpFamily family) {
    Optional<InetAddress> own =
        Optional.ofNullable(node.tunnelAddresses().get(mode + "/" + family));
    return own.or(
        () ->
            new TreeMap<>(node.tunnelAddresses())
                .entrySet().stream()
                    .filter(e -> e.getKey().endsWith("/" + family))
                    .map(e -> e.getValue())
                    .findFirst());
  }
}
