// SPDX-License-Identifier: Apache-2.0
package io.margay.bgp.policy;

import io.margay.api.net.Ip;
import io.margay.api.net.IpFamily;
import io.margay.api.resource.BgpConfiguration;
import io.margay.api.resource.BgpPeer;
import io.margay.api.resource.Node;
import io.margay.api.resource.Selector;
import io.margay.api.sharing.SharingView;
import io.margay.bgp.codec.Prefix;
import java.net.InetAddress;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * With whom a node has sessions: what BGPPeers say of it, the reverse of what they say of others,
 * and the mesh of the nodes that are no reflectors.
 */
final class Neighbours {
  private final SharingView view;
  private final BgpConfiguration configuration;
  private final Node self;
  private final List<String> problems;

  /** By address; of several that name one address the most specific is first. */
  private final Map<InetAddress, Neighbour> found = new LinkedHashMap<>();

  Neighbours(SharingView view, Node self, List<String> problems) {
    this.view = view;
    this.self = self;
    this.problems = problems;
    configuration = view.configuration().orElse(BgpConfiguration.DEFAULT);
  }

  /** All of them, ordered by address. */
  Collection<Neighbour> find() {
    view.peers().stream()
        .sorted(Comparator.comparingInt(Neighbours::specificity).thenComparing(BgpPeer::name))
        .forEach(this::add);
    if (configuration.nodeToNodeMeshEnabled() && clusterId(self) == 0) {
      view.nodes().stream().filter(node -> clusterId(node) == 0).forEach(this::addToMesh);
    }
    Map<String, Neighbour> sorted = new TreeMap<>();
    found.forEach((address, neighbour) -> sorted.put(order(address), neighbour));
    return sorted.values();
  }

  private static String order(InetAddress address) {
    StringBuilder text = new StringBuilder(address.getAddress().length == 4 ? "4" : "6");
    for (byte b : address.getAddress()) {
      text.append(String.format("%02x", b));
    }
    return text.toString();
  }

  private static int specificity(BgpPeer peer) {
    return peer.node().isPresent() ? 0 : peer.nodeSelector().isPresent() ? 1 : 2;
  }

  private static boolean isOf(BgpPeer peer, Node node) {
    return peer.node().map(node.name()::equals).orElse(true)
        && peer.nodeSelector().map(s -> s.matches(node.metadata().labels())).orElse(true);
  }

  private void add(BgpPeer peer) {
    checkSelectors(peer);
    if (peer.localWorkloadSelector().isPresent()) {
      problems.add(
          "BGPPeer "
              + peer.name()
              + ": localWorkloadSelector (expected: peerIP or peerSelector;"
              + " this speaker has no sessions with workloads)");
    }
    if (isOf(peer, self)) {
      peer.peerIp().ifPresent(to -> addAddress(peer, to));
      peer.peerSelector().ifPresent(selector -> addNodes(peer, selector));
    }
    boolean isChosen =
        peer.peerSelector().filter(s -> s.matches(self.metadata().labels())).isPresent();
    if (isChosen && peer.reversePeering()) {
      view.nodes().stream().filter(node -> isOf(peer, node)).forEach(n -> addNode(peer, n));
    }
  }

  private void checkSelectors(BgpPeer peer) {
    if (view.nodes().stream().noneMatch(node -> isOf(peer, node))) {
      problems.add(
          "BGPPeer "
              + peer.name()
              + ": "
              + peer.node()
                  .map(name -> "there is no node " + name)
                  .orElseGet(() -> "nodeSelector matches no node"));
    }
    peer.peerSelector()
        .filter(s -> view.nodes().stream().noneMatch(n -> s.matches(n.metadata().labels())))
        .ifPresent(s -> problems.add("BGPPeer " + peer.name() + ": peerSelector matches no node"));
  }

  private void addAddress(BgpPeer peer, BgpPeer.Address to) {
    InetAddress address = to.address();
    Optional<Node> node = nodeOf(address);
    if (node.filter(n -> n.name().equals(self.name())).isPresent()) {
      if (peer.node().isPresent()) {
        problems.add("BGPPeer " + peer.name() + ": peerIP is the node itself");
      }
      return; // A peer of several nodes may be one of them.
    }
    long as = peer.asNumber().or(() -> node.map(this::asNumber)).orElseGet(() -> asNumber(self));
    put(
        new Neighbour(
            Optional.of(peer),
            node.map(Node::name),
            address,
            to.port(),
            as,
            node.map(this::clusterId).orElse(0)));
  }

  private Optional<Node> nodeOf(InetAddress address) {
    return view.nodes().stream()
        .filter(
            node ->
                node.address(IpFamily.of(address))
                    .filter(a -> a.address().equals(address))
                    .isPresent())
        .findFirst();
  }

  private void addNodes(BgpPeer peer, Selector selector) {
    view.nodes().stream()
        .filter(node -> selector.matches(node.metadata().labels()))
        .forEach(node -> addNode(peer, node));
  }

  private void addNode(BgpPeer peer, Node node) {
    addNode(Optional.of(peer), node);
  }

  private void addToMesh(Node node) {
    addNode(Optional.empty(), node);
  }

  /** A session for each family that both nodes have. */
  private void addNode(Optional<BgpPeer> peer, Node node) {
    if (node.name().equals(self.name())) {
      return;
    }
    for (IpFamily family : IpFamily.values()) {
      if (self.address(family).isPresent() && node.address(family).isPresent()) {
        put(
            new Neighbour(
                peer,
                Optional.of(node.name()),
                node.address(family).get().address(),
                configuration.listenPort(),
                asNumber(node),
                clusterId(node)));
      }
    }
  }

  private void put(Neighbour neighbour) {
    Neighbour known = found.putIfAbsent(neighbour.address(), neighbour);
    boolean isOther =
        known != null
            && neighbour.resource().isPresent()
            && known.resource().isPresent()
            && !known.resource().get().name().equals(neighbour.resource().get().name());
    if (isOther && known.asNumber() != neighbour.asNumber()) {
      problems.add(
          neighbour.origin()
              + ": "
              + Ip.text(neighbour.address())
              + " is AS "
              + neighbour.asNumber()
              + " (expected: "
              + known.asNumber()
              + ", as "
              + known.origin()
              + " says, which holds)");
    } else if (isOther && !isAlike(known.resource().get(), neighbour.resource().get())) {
      problems.add(
          neighbour.origin()
              + ": "
              + Ip.text(neighbour.address())
              + " has other settings by "
              + known.origin()
              + ", which hold");
    }
  }

  private static boolean isAlike(BgpPeer a, BgpPeer b) {
    return a.localAsNumber().equals(b.localAsNumber())
        && a.peerIp().equals(b.peerIp())
        && a.password().equals(b.password())
        && a.filters().equals(b.filters())
        && a.nextHopMode() == b.nextHopMode()
        && a.ttlSecurity().equals(b.ttlSecurity());
  }

  long asNumber(Node node) {
    return node.asNumber().orElse(configuration.asNumber());
  }

  int clusterId(Node node) {
    return node.routeReflectorClusterId()
        .map(Ip::parse)
        .filter(id -> IpFamily.of(id) == IpFamily.IPV4)
        .map(id -> (int) (Prefix.of(io.margay.api.net.Cidr.host(id)).high() >>> 32))
        .orElse(0);
  }
}
