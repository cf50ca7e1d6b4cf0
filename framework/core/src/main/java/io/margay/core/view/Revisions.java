// SPDX-License-Identifier: Apache-2.0
package io.margay.core.view;

import io.margay.api.store.Revision;
import java.util.Map;

/**
 * Up to where a view goes.
 *
 * @param nodes every Node up to here is in it
 * @param ownNode of this node's Node; NONE while there is none
 * @param pools of each IPPool, by name
 */
public record Revisions(Revision nodes, Revision ownNode, Map<String, Revision> pools) {
  public static final Revisions NONE = new Revisions(Revision.NONE, Revision.NONE, Map.of());

  public Revisions {
    pools = Map.copyOf(pools);
  }

  /** Of an IPPool. */
  public Revision pool(String name) {
    return pools.getOrDefault(name, Revision.NONE);
  }
}
