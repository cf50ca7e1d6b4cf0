// SPDX-License-Identifier: Apache-2.0
package io.margay.ipip;

import io.margay.api.mode.LocalNode;
import io.margay.api.mode.ModeView;
import io.margay.api.mode.Peer;
import io.margay.api.net.Ip;
import io.margay.api.net.IpFamily;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;

/** The nodes at the other ends, and the links by which they are reached. */
final class Tunnels {
  /** Under which a node's tunnel address is found. */
  static final String ADDRESS = Driver.IPIP + "/" + IpFamily.IPV4;

  /**
   * The other end.
   *
   * @param uplink place of the link by which the kernel reaches it in {@link #uplinks}
   */
  record End(InetAddress node, int uplink) {}

  private final List<String> uplinks;
  private final TreeMap<String, End> byPeer = new TreeMap<>();
  private final Map<String, String> missing = new HashMap<>();

  private Tunnels(List<String> uplinks) {
    this.uplinks = uplinks;
  }

  /** To all peers of the view; of two with one address only the first by name has a tunnel. */
  static Tunnels of(ModeView view) {
    Tunnels tunnels = new Tunnels(uplinks(view));
    Map<InetAddress, String> taken = new HashMap<>();
    taken.put(view.self().addresses().get(IpFamily.IPV4), "this node");
    List<Peer> peers = view.peers().stream().sorted(Comparator.comparing(Peer::name)).toList();
    for (Peer peer : peers) {
      InetAddress node = peer.addresses().get(IpFamily.IPV4);
      if (node == null) {
        tunnels.missing.put(peer.name(), "node " + peer.name() + " has no IPv4 address");
        continue;
      }
      String other = taken.putIfAbsent(node, "node " + peer.name());
      if (other == null) {
        tunnels.byPeer.put(peer.name(), new End(node, tunnels.uplinkOf(peer)));
      } else {
        tunnels.missing.put(
            peer.name(),
            "node " + peer.name() + " and " + other + " have the address " + Ip.text(node));
      }
    }
    return tunnels;
  }

  /** The node's own first: it is the only one on most nodes. */
  private static List<String> uplinks(ModeView view) {
    TreeSet<String> others = new TreeSet<>();
    for (Peer peer : view.peers()) {
      Optional.ofNullable(peer.gateways().get(IpFamily.IPV4))
          .ifPresent(gateway -> others.add(gateway.link()));
    }
    List<String> uplinks = new ArrayList<>();
    Optional.ofNullable(view.self().uplinks().get(IpFamily.IPV4)).ifPresent(uplinks::add);
    others.stream().filter(link -> !uplinks.contains(link)).forEach(uplinks::add);
    return uplinks.stream().limit(TunnelMac.MAX_UPLINKS).toList();
  }

  /** The first where the kernel has no route now. */
  private int uplinkOf(Peer peer) {
    Peer.Gateway gateway = peer.gateways().get(IpFamily.IPV4);
    return gateway == null ? 0 : Math.max(0, uplinks.indexOf(gateway.link()));
  }

  /** Whether the node can have tunnels: it needs an address outside and one inside. */
  static boolean hasAddresses(LocalNode self) {
    return self.addresses().containsKey(IpFamily.IPV4)
        && self.tunnelAddresses().containsKey(ADDRESS);
  }

  /** Links by which tunnel packets come and go. */
  List<String> uplinks() {
    return uplinks;
  }

  /** In the order of the peers' names. */
  List<End> all() {
    return List.copyOf(byPeer.values());
  }

  Optional<End> of(String peer) {
    return Optional.ofNullable(byPeer.get(peer));
  }

  /** Why a peer of the view has no tunnel, in words. */
  Optional<String> whyMissing(String peer) {
    return Optional.ofNullable(missing.get(peer));
  }
}
