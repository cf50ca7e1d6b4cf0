// SPDX-License-Identifier: Apache-2.0
package io.margay.api.sharing;

import io.margay.api.dataplane.NextHop;
import io.margay.api.net.Cidr;
import java.util.List;
import java.util.Optional;

/**
 * Who is believed about a destination.
 *
 * @param pool in which it lies; empty for what is outside of all pools
 * @param source {@link #STORE}, {@link #KERNEL} or the name of a route sharing; empty when what was
 *     learned is not used
 * @param nextHops as the kernel reaches them; empty when the pool's mode finds the way by itself
 * @param detail why it is so, in a sentence; empty when there is nothing to say
 */
public record RouteSource(
    Cidr destination,
    Optional<String> pool,
    Optional<String> source,
    List<NextHop> nextHops,
    String detail) {
  /** The cluster's store. */
  public static final String STORE = "store";

  /** A route that was there when the agent started, and stays until all sources are in sync. */
  public static final String KERNEL = "kernel";

  public RouteSource {
    nextHops = List.copyOf(nextHops);
  }
}
