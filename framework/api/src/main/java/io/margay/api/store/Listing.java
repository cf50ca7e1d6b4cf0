// SPDX-License-Identifier: Apache-2.0
package io.margay.api.store;

import java.util.List;

/**
 * All documents of one kind at one moment.
 *
 * @param entries ordered by namespace, then name
 * @param revision a watch that starts here misses nothing
 */
public record Listing(List<Entry> entries, Revision revision) {
  public Listing {
    entries = List.copyOf(entries);
  }
}
