// SPDX-License-Identifier: Apache-2.0
package io.margay.bgp.policy;

import io.margay.bgp.codec.PathAttributes;
import io.margay.bgp.codec.Prefix;

/**
 * Which routes go on, and with which attributes. Pure; compared by content, so that one that has
 * not changed causes no work.
 */
@FunctionalInterface
public interface RoutePolicy {
  /** Lets everything pass. */
  RoutePolicy ACCEPT = (prefix, attributes, source) -> attributes;

  /** The attributes with which a route goes on, the same object when unchanged; null to reject. */
  PathAttributes apply(Prefix prefix, PathAttributes attributes, Source source);
}
