// SPDX-License-Identifier: Apache-2.0
package io.margay.core.explain;

import io.margay.core.explain.Hop.Place;
import java.util.Set;

/** How far a packet came: where it was lost, and what there can be the cause. */
enum Stage {
  SENDER(true, Set.of(Place.POD, Place.LINK)),
  SENDERS_NODE(true, Set.of(Place.LINK, Place.NODE, Place.ROUTE, Place.TUNNEL)),
  BETWEEN(true, Set.of(Place.ROUTE, Place.TUNNEL, Place.UNDERLAY)),
  RECEIVERS_NODE(false, Set.of(Place.LINK, Place.NODE, Place.TUNNEL)),
  RECEIVER(false, Set.of(Place.POD, Place.LINK)),
  RECEIVERS_NODE_BACK(false, Set.of(Place.LINK, Place.NODE, Place.ROUTE, Place.TUNNEL)),
  BETWEEN_BACK(false, Set.of(Place.ROUTE, Place.TUNNEL, Place.UNDERLAY)),
  SENDERS_NODE_BACK(true, Set.of(Place.LINK, Place.NODE, Place.TUNNEL)),
  SENDER_BACK(true, Set.of(Place.POD, Place.LINK));

  final boolean isSender;
  final Set<Place> places;

  Stage(boolean isSender, Set<Place> places) {
    this.isSender = isSender;
    this.places = places;
  }
}
