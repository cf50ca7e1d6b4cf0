// SPDX-License-Identifier: Apache-2.0
package io.margay.bgp.rib;

import io.margay.bgp.codec.PathAttributes;
import io.margay.bgp.codec.Prefix;
import java.util.List;

/** Hears of the routes that packets are to take. Called on the RIB's thread. */
@FunctionalInterface
public interface BestRoutes {
  /**
   * What a prefix has become.
   *
   * @param source who told the best route
   * @param routes equally good ones, the best first; empty when there is none, or it is our own
   */
  void changed(Prefix prefix, RibPeer source, List<PathAttributes> routes);
}
