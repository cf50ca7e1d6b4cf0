// SPDX-License-Identifier: Apache-2.0
package io.margay.api.sharing;

import java.util.Collection;
import org.osgi.annotation.versioning.ProviderType;

/**
 * Where route sharing puts what it learns; provided by core. Called on any thread; never blocks.
 */
@ProviderType
public interface LearnedRoutes {
  /**
   * Replaces everything that this source learned.
   *
   * @param source name of the route sharing, such as {@code bgp}
   * @param synced whether the source has heard all that its peers have to say
   */
  void learned(String source, Collection<LearnedRoute> routes, boolean synced);
}
