// SPDX-License-Identifier: Apache-2.0
package io.margay.core.plan;

import io.margay.api.net.Cidr;
import io.margay.api.net.IpFamily;
import io.margay.core.view.TunnelFields;
import java.net.InetAddress;
import java.util.List;

/**
 * A tunnel address that this node is to have.
 *
 * @param pools names of the pools to take it from: those that give out addresses or, when none
 *     does, those that would; empty when no pool of the mode is for this node's tunnels
 * @param available whether they give out addresses
 * @param fitting CIDRs of all pools in which an address may stay that the node has
 */
public record TunnelWish(
    String mode, IpFamily family, List<String> pools, boolean available, List<Cidr> fitting) {
  public TunnelWish {
    pools = List.copyOf(pools);
    fitting = List.copyOf(fitting);
  }

  /** {@code MODE/FAMILY}. */
  public String key() {
    return TunnelFields.key(mode, family);
  }

  /** Whether the node may keep this address. */
  public boolean fits(InetAddress address) {
    return fitting.stream().anyMatch(c -> c.contains(address));
  }
}
