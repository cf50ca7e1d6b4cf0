// SPDX-License-Identifier: Apache-2.0
package io.margay.core.view;

import io.margay.api.net.Cidr;
import io.margay.api.resource.IpPool.RoutesFrom;
import io.margay.api.resource.Selector;
import java.time.Instant;
import java.util.Optional;
import java.util.Set;

/**
 * What planners need of an IPPool.
 *
 * @param enabled whether addresses are given out of it
 * @param natOutgoing whether what its pods send out of all pools is masqueraded
 * @param loadBalancer whether it is for addresses of Services alone, which are no pods'
 * @param tunnels which nodes may take tunnel addresses out of it; empty when none may
 * @param unconfirmed until when its last switch must be confirmed, and where it goes back to
 * @param routesFrom who is asked for the way to its blocks
 * @param without nodes for which a change of mode does not wait
 */
public record PoolEntry(
    String name,
    Cidr cidr,
    PoolMode mode,
    boolean enabled,
    boolean natOutgoing,
    boolean loadBalancer,
    Optional<Selector> tunnels,
    Optional<Unconfirmed> unconfirmed,
    RoutesFrom routesFrom,
    Set<String> without) {
  /** A switch that reverts by itself. */
  public record Unconfirmed(Instant until, PoolMode previous) {}

  /** Modes that Calico routes by BGP. */
  private static final Set<String> LEARNING = Set.of("direct", "ipip");

  public PoolEntry {
    without = Set.copyOf(without);
  }

  /** Whether routes to its blocks are learned from route sharing. */
  public boolean learnsRoutes() {
    return routesFrom == RoutesFrom.BGP
        || routesFrom == RoutesFrom.AUTO && LEARNING.contains(mode.name());
  }
}
