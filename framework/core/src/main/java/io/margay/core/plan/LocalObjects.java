// SPDX-License-Identifier: Apache-2.0
package io.margay.core.plan;

import io.margay.api.dataplane.DesiredState;
import io.margay.api.dataplane.Route;
import io.margay.api.net.Cidr;
import io.margay.core.view.BlockEntry;
import io.margay.core.view.ClusterView;
import java.util.Set;
import java.util.TreeSet;

/**
 * Owner {@code local}: a blackhole for each block of this node, so that a packet to an address
 * without a pod goes nowhere instead of back to where it came from.
 */
public final class LocalObjects {
  private LocalObjects() {}

  /**
   * Blackholes of the blocks that are ours, and of those that we are claiming: they are in the
   * kernel before anybody can learn that the block is ours. A block of one address has none, its
   * pod's own route would have the same key.
   */
  public static DesiredState of(ClusterView view) {
    Set<Cidr> ours = new TreeSet<>(view.claimed());
    for (BlockEntry block : view.blocks()) {
      if (block.node().filter(view.self()::equals).isPresent()) {
        ours.add(block.cidr());
      } else {
        ours.remove(block.cidr());
      }
    }
    return DesiredState.of(ours.stream().filter(c -> !c.isHost()).map(Route::blackhole).toList());
  }
}
