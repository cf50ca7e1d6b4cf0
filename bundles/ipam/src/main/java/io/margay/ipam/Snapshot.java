// SPDX-License-Identifier: Apache-2.0
package io.margay.ipam;

import io.margay.api.net.Cidr;
import io.margay.api.resource.BlockAffinity;
import io.margay.api.resource.IpPool;
import io.margay.api.resource.IpamBlock;
import io.margay.api.resource.IpamHandle;
import io.margay.api.resource.WorkloadEndpoint;
import io.margay.api.store.Key;
import java.net.InetAddress;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;

/**
 * What store and kernel say about addresses, read at about one time: of the whole cluster, or of
 * what concerns one node.
 *
 * @param self name of this node
 * @param isWhole whether all blocks, affinities and endpoints are in it
 * @param nodes names of all nodes that exist
 * @param blocks those read
 * @param exists whether there is such a block, read or not
 * @param handles all, by the name of the document; empty when not read
 * @param links by handle, the link of each workload on this node; empty when the kernel was not
 *     read
 * @param tunnels addresses that each node's document names, by node; only of nodes read
 * @param unreadable what is wrong with documents that could not be read
 * @param coolUntil addresses released before this time have cooled down
 */
record Snapshot(
    String self,
    boolean isWhole,
    Set<String> nodes,
    List<IpPool> pools,
    Map<Cidr, Held<IpamBlock>> blocks,
    Predicate<Cidr> exists,
    List<Held<BlockAffinity>> affinities,
    Optional<Map<String, Held<IpamHandle>>> handles,
    List<Held<WorkloadEndpoint>> endpoints,
    Optional<Map<String, String>> links,
    Map<String, Set<InetAddress>> tunnels,
    Map<Key, String> unreadable,
    Instant coolUntil) {

  /** The pool in which a prefix lies. */
  Optional<IpPool> poolOf(Cidr cidr) {
    return pools.stream().filter(pool -> pool.cidr().contains(cidr)).findFirst();
  }

  /** The block with its addresses that have cooled down free. */
  IpamBlock cooled(IpamBlock block) {
    return block.withCooledDown(coolUntil);
  }
}
