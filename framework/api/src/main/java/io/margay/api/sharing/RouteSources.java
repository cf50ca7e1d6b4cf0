// SPDX-License-Identifier: Apache-2.0
package io.margay.api.sharing;

import java.util.List;
import org.osgi.annotation.versioning.ProviderType;

/** Tells whom this node believes about its routes; provided by core. Called on any thread. */
@ProviderType
public interface RouteSources {
  /**
   * The remote blocks and addresses of every pool, and every route that was learned, ordered by
   * destination. Empty until the agent has planned once.
   */
  List<RouteSource> routeSources();

  /** Names of the route sharings that have not said yet that they are in sync, or are gone. */
  List<String> awaited();
}
