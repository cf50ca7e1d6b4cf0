// SPDX-License-Identifier: Apache-2.0
package io.margay.bgp.rib;

import io.margay.bgp.codec.AttributeTable;
import io.margay.bgp.codec.PathAttributes;
import java.util.List;

/**
 * All attributes of a RIB, each block of them once. What no route has any more goes when there is
 * about as much of it as of the rest. Confined to a thread.
 */
final class Attributes {
  private static final int LEAST = 4096;

  /** As internal and external peers told them: the same bytes are not the same for both. */
  private final AttributeTable internal = new AttributeTable();

  private final AttributeTable external = new AttributeTable();

  /** As filters made them, and those of our own routes. */
  private final AttributeTable changed = new AttributeTable();

  private int sweep;
  private int sweepAt = LEAST;

  AttributeTable toldBy(boolean isExternal) {
    return isExternal ? external : internal;
  }

  PathAttributes changed(PathAttributes attributes) {
    return changed.intern(attributes);
  }

  private int size() {
    return internal.size() + external.size() + changed.size();
  }

  /** Drops what is not used, when it is time. */
  void sweep(List<RouteTable> tables) {
    if (size() < sweepAt) {
      return;
    }
    sweep++;
    tables.forEach(this::mark);
    internal.sweep(sweep);
    external.sweep(sweep);
    changed.sweep(sweep);
    sweepAt = Math.max(LEAST, 2 * size());
  }

  private void mark(RouteTable table) {
    for (int prefix = 0; prefix < table.prefixes.end(); prefix++) {
      for (int r = table.first(prefix); r != RouteTable.NONE; r = table.next(r)) {
        AttributeTable.mark(table.received(r), sweep);
        if (table.effective(r) != null) {
          AttributeTable.mark(table.effective(r), sweep);
        }
      }
    }
  }
}
