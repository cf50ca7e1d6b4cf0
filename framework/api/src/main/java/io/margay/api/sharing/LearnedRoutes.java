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
   * Replaces everything that this source learned. While it is not in sync, what it told before,
   * also before it was restarted, stays in force, and only what is new is added. A source that is
   * in sync says so even when it has learned nothing; one that is stopped says nothing.
   *
   * @param source name of the route sharing, such as {@code bgp}
   * @param routes next hops as the protocol has them: how to reach a gateway is the kernel's
   *     business. A link goes with gateways that only have a meaning on it
   * @param synced whether the source has heard all that its peers have to say
   */
  void learned(String source, Collection<LearnedRoute> routes, boolean synced);
}
