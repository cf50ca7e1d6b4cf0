// SPDX-License-Identifier: Apache-2.0
package io.margay.core.plan;

import io.margay.api.dataplane.DesiredState;
import io.margay.api.dataplane.Route;
import io.margay.api.mode.Destination;
import io.margay.api.mode.Plan;
import io.margay.api.mode.Sending;
import io.margay.api.net.Cidr;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/** Owner {@code pool/NAME}: the one route to each destination of a pool. */
public final class PoolRoutes {
  private PoolRoutes() {}

  /**
   * The routes of a plan; a destination for which it has none keeps the route it has reached.
   *
   * @param reached the route that a destination has now
   */
  public static DesiredState of(
      List<Destination> destinations, Plan plan, Function<Cidr, Optional<Route>> reached) {
    List<Route> routes = new ArrayList<>();
    for (Destination destination : destinations) {
      Optional.ofNullable(plan.sendings().get(destination.cidr()))
          .map(Sending::route)
          .or(() -> reached.apply(destination.cidr()))
          .ifPresent(routes::add);
    }
    return DesiredState.of(routes);
  }
}
