// SPDX-License-Identifier: Apache-2.0
package io.margay.dataplane;

import io.margay.api.dataplane.DataplaneException;
import io.margay.api.dataplane.KernelObject;
import io.margay.dataplane.Kernel.Refusal;
import java.util.Optional;
import java.util.Set;

/** Why an object cannot be written now, found out without trying. */
final class Obstacles {
  private final Kernel kernel;
  private final boolean takeover;

  Obstacles(Kernel kernel, boolean takeover) {
    this.kernel = kernel;
    this.takeover = takeover;
  }

  /**
   * The obstacle; null when none is known.
   *
   * @param lookedAt links that were looked at in this round: others may be newer than their events
   */
  Refusal find(Slot slot, Set<String> lookedAt) throws DataplaneException {
    if (slot.isConflict() && !takeover) {
      String found = Match.text(slot.actual, slot.desired);
      return new Refusal("EEXIST", slot.desired + ": EEXIST (foreign: " + found + ")");
    }
    for (String link : Slots.links(slot.desired)) {
      Refusal missing = missing(slot.desired, link);
      if (missing != null && lookedAt.add(link)) {
        kernel.lookAtLink(link, found -> {});
        missing = missing(slot.desired, link);
      }
      if (missing != null) {
        return missing;
      }
    }
    return null;
  }

  private Refusal missing(KernelObject object, String link) {
    Optional<Kernel.LinkState> state = kernel.link(link);
    if (state.isEmpty()) {
      return new Refusal("ENODEV", object + ": ENODEV (no link " + link + " yet)");
    }
    boolean needsUp = object.kind() == KernelObject.Kind.ROUTE;
    return needsUp && !state.get().up()
        ? new Refusal("ENETDOWN", object + ": ENETDOWN (link " + link + " is down)")
        : null;
  }
}
