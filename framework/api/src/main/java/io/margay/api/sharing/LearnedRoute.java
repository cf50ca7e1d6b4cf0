// SPDX-License-Identifier: Apache-2.0
package io.margay.api.sharing;

import io.margay.api.dataplane.NextHop;
import io.margay.api.net.Cidr;
import java.util.List;

/**
 * A route that a peer told us.
 *
 * @param nextHops several for ECMP
 * @param source who told, for display
 */
public record LearnedRoute(Cidr destination, List<NextHop> nextHops, String source) {
  public LearnedRoute {
    nextHops = List.copyOf(nextHops);
  }
}
