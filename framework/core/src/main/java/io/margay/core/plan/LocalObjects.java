// SPDX-License-Identifier: Apache-2.0
package io.margay.core.plan;

import io.margay.api.dataplane.Address;
import io.margay.api.dataplane.DesiredState;
import io.margay.api.dataplane.KernelObject;
import io.margay.api.dataplane.Route;
import io.margay.api.net.Cidr;
import io.margay.api.net.Ip;
import io.margay.core.view.BlockEntry;
import io.margay.core.view.ClusterView;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * Owner {@code local}: a blackhole for each block of this node, so that a packet to an address
 * without a pod goes nowhere instead of back to where it came from; and the addresses of tunnels
 * that are no more, for connections that have them.
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
    List<KernelObject> objects = new ArrayList<>();
    ours.stream().filter(c -> !c.isHost()).map(Route::blackhole).forEach(objects::add);
    view.own().stream()
        .flatMap(n -> n.parked().values().stream())
        .sorted(Ip::compare)
        .distinct()
        .map(a -> Address.of("lo", a, Cidr.host(a).length()))
        .forEach(objects::add);
    return DesiredState.of(objects);
  }
}
