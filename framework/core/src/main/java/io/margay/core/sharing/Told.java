// SPDX-License-Identifier: Apache-2.0
package io.margay.core.sharing;

import io.margay.api.sharing.LearnedRoute;
import java.util.List;

/**
 * What a route sharing has learned.
 *
 * @param isInSync whether that is all that its peers have to say
 */
public record Told(List<LearnedRoute> routes, boolean isInSync) {
  public Told {
    routes = List.copyOf(routes);
  }
}
