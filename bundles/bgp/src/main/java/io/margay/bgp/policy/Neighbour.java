// SPDX-License-Identifier: Apache-2.0
package io.margay.bgp.policy;

import io.margay.api.resource.BgpPeer;
import java.net.InetAddress;
import java.util.Optional;

/**
 * Somebody with whom this node is to have a session.
 *
 * @param resource by which it is a peer; empty for the mesh
 * @param node when it is one of the cluster
 * @param clusterId of that node as a reflector; 0 when it is none
 */
record Neighbour(
    Optional<BgpPeer> resource,
    Optional<String> node,
    InetAddress address,
    int port,
    long asNumber,
    int clusterId) {
  String name() {
    return resource
        .map(peer -> node.map(n -> peer.name() + "/" + n).orElse(peer.name()))
        .orElseGet(() -> "mesh/" + node.orElseThrow());
  }

  /** How a problem names where it comes from. */
  String origin() {
    return resource.map(peer -> "BGPPeer " + peer.name()).orElse("the node-to-node mesh");
  }
}
