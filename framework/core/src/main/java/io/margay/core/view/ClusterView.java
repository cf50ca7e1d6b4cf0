// SPDX-License-Identifier: Apache-2.0
package io.margay.core.view;

import io.margay.api.mode.Settings;
import io.margay.api.net.Cidr;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The cluster as the store has it, reduced to what planners need. Immutable.
 *
 * @param self name of this node
 * @param nodes by name, this one included
 * @param pools by name
 * @param claimed blocks that this node has claimed or is about to claim
 * @param settings FelixConfiguration, this node's own laid over the default
 */
public record ClusterView(
    String self,
    Map<String, NodeEntry> nodes,
    Map<String, PoolEntry> pools,
    List<BlockEntry> blocks,
    List<Cidr> claimed,
    Settings settings) {
  public ClusterView {
    nodes = Map.copyOf(nodes);
    pools = Map.copyOf(pools);
    blocks = List.copyOf(blocks);
    claimed = List.copyOf(claimed);
  }

  /** This node's resource; empty while there is none. */
  public Optional<NodeEntry> own() {
    return Optional.ofNullable(nodes.get(self));
  }

  /** The other nodes. */
  public Collection<NodeEntry> peers() {
    return nodes.values().stream().filter(n -> !n.name().equals(self)).toList();
  }

  /** The pool in which an address or block lies. Pools do not overlap. */
  public Optional<PoolEntry> poolOf(Cidr cidr) {
    return pools.values().stream().filter(p -> p.cidr().contains(cidr)).findFirst();
  }
}
