// SPDX-License-Identifier: Apache-2.0
package io.margay.bgp.rib;

import io.margay.bgp.codec.PathAttributes;
import io.margay.bgp.codec.Prefix;

/**
 * A route, to be shown.
 *
 * @param received as the peer told it
 * @param used after filters; null when it is not used
 * @param reason the step of the decision by which it lost, or that it won
 */
public record RouteView(
    Prefix prefix,
    RibPeer peer,
    PathAttributes received,
    PathAttributes used,
    boolean isBest,
    boolean isStale,
    String reason) {}
