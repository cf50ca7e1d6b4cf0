// SPDX-License-Identifier: Apache-2.0
package io.margay.core.plan;

import io.margay.api.mode.Peer;
import io.margay.api.mode.Peer.Gateway;
import io.margay.api.net.InterfaceAddress;
import io.margay.api.net.IpFamily;
import io.margay.core.view.ClusterView;
import io.margay.core.view.NodeEntry;
import java.net.InetAddress;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/** Derives the other nodes, as modes see them. */
public final class Peers {
  private Peers() {}

  /** The addresses whose next hop must be known for {@link #of}. */
  public static Set<InetAddress> addresses(ClusterView view) {
    return view.peers().stream()
        .flatMap(n -> n.addresses().values().stream())
        .map(InterfaceAddress::address)
        .collect(Collectors.toUnmodifiableSet());
  }

  /**
   * Every other node as one mode sees it, ordered by name.
   *
   * @param mode whose advertisements the peers have
   */
  public static List<Peer> of(ClusterView view, Underlay underlay, String mode) {
    Map<IpFamily, InterfaceAddress> own = view.own().map(NodeEntry::addresses).orElse(Map.of());
    return view.peers().stream()
        .map(n -> peer(n, own, underlay, mode))
        .sorted(Comparator.comparing(Peer::name))
        .toList();
  }

  private static Peer peer(
      NodeEntry node, Map<IpFamily, InterfaceAddress> own, Underlay underlay, String mode) {
    Map<IpFamily, InetAddress> addresses = new EnumMap<>(IpFamily.class);
    Map<IpFamily, Boolean> sameSubnet = new EnumMap<>(IpFamily.class);
    Map<IpFamily, Gateway> gateways = new EnumMap<>(IpFamily.class);
    node.addresses()
        .forEach(
            (family, address) -> {
              addresses.put(family, address.address());
              InterfaceAddress ours = own.get(family);
              sameSubnet.put(family, ours != null && ours.subnet().contains(address.address()));
              underlay.gateway(address.address()).ifPresent(g -> gateways.put(family, g));
            });
    return new Peer(
        node.name(),
        addresses,
        sameSubnet,
        gateways,
        node.tunnelAddresses(),
        node.advertised().getOrDefault(mode, Map.of()));
  }
}
