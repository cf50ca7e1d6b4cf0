// SPDX-License-Identifier: Apache-2.0
package io.margay.core.explain;

import io.margay.api.net.Cidr;
import io.margay.api.net.Ip;
import io.margay.api.net.IpFamily;
import io.margay.api.resource.Allocation;
import io.margay.api.resource.IpPool;
import io.margay.api.resource.IpamBlock;
import io.margay.api.resource.Node;
import io.margay.api.resource.WorkloadEndpoint;
import io.margay.core.explain.Hop.Place;
import io.margay.core.view.Readers;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** What the store says of the ends of a path, and of their addresses. */
record StoreFacts(
    List<WorkloadEndpoint> endpoints,
    List<Node> nodes,
    List<IpamBlock> blocks,
    List<IpPool> pools) {
  /** What can be asked by a name or an address. */
  List<PathEnd> ends() {
    List<PathEnd> ends = new ArrayList<>();
    endpoints.forEach(e -> ends.add(PathEnd.pod(e)));
    nodes.forEach(n -> ends.add(node(n)));
    return ends;
  }

  /** The node's own address in a family. */
  Optional<InetAddress> underlay(String node, IpFamily family) {
    return nodes.stream()
        .filter(n -> n.name().equals(node))
        .findFirst()
        .flatMap(n -> n.address(family))
        .map(a -> a.address());
  }

  /** What the documents of one end say; {@code address} is the one in question. */
  List<Hop> of(PathEnd end, InetAddress address) {
    if (end.node().isEmpty()) {
      return List.of(Hop.note("", Place.STORE, "outside", Ip.text(address) + " is none of ours"));
    }
    List<Hop> hops = new ArrayList<>();
    hops.add(document(end.node().get(), IpFamily.of(address)));
    end.endpoint().ifPresent(pod -> hops.add(address(pod, end, address)));
    end.endpoint().ifPresent(pod -> hops.add(pool(address)));
    return hops;
  }

  private Hop document(String node, IpFamily family) {
    String what = "node " + node;
    Optional<Node> found = nodes.stream().filter(n -> n.name().equals(node)).findFirst();
    if (found.isEmpty()) {
      return Hop.broken(
          "",
          Place.STORE,
          what,
          "a Node in the store",
          "the store has no Node " + node + ": other nodes have no routes to its pods",
          "start the agent of " + node + ", or let the pod be made on another node");
    }
    return found
        .get()
        .address(family)
        .map(a -> Hop.ok("", Place.STORE, what, "an " + family + " address", a.toString()))
        .orElseGet(
            () ->
                Hop.broken(
                    "",
                    Place.STORE,
                    what,
                    "an " + family + " address",
                    "it has no " + family + " address, so that nobody can send to its pods",
                    "give its uplink one, or set how it is found (io.margay.core)"));
  }

  private Hop address(WorkloadEndpoint pod, PathEnd end, InetAddress address) {
    String what = "address of " + end.name();
    Optional<WorkloadEndpoint> twin =
        endpoints.stream()
            .filter(e -> !e.name().equals(pod.name()))
            .filter(e -> e.ipNetworks().contains(Cidr.host(address)))
            .findFirst();
    String expected = Ip.text(address) + " is its alone";
    if (twin.isPresent()) {
      return Hop.broken(
          "",
          Place.STORE,
          what,
          expected,
          Ip.text(address) + " is also that of " + PathEnd.pod(twin.get()),
          "delete one of the two pods: ipam:why " + Ip.text(address) + " says who holds it");
    }
    boolean isAssignedByUs =
        pod.metadata().annotation(WorkloadEndpoint.NO_IPAM_ANNOTATION).isEmpty()
            && pools.stream().anyMatch(p -> p.cidr().contains(address));
    if (!isAssignedByUs) {
      return Hop.ok("", Place.STORE, what, expected, Ip.text(address) + ", not of our IPAM");
    }
    return block(pod, what, address);
  }

  private Hop block(WorkloadEndpoint pod, String what, InetAddress address) {
    String repair = "ipam:why " + Ip.text(address) + " tells more; start the pod again";
    Optional<IpamBlock> block =
        blocks.stream().filter(b -> !b.deleted() && b.cidr().contains(address)).findFirst();
    Optional<Allocation> holder = block.flatMap(b -> b.holder(address));
    String expected = "held by " + pod.handle();
    if (holder.isEmpty() || holder.get().releasedAt().isPresent()) {
      return Hop.broken(
          "",
          Place.STORE,
          what,
          expected,
          Ip.text(address)
              + " is not assigned to anybody"
              + block.map(b -> " in " + b.cidr()).orElse(""),
          repair);
    }
    if (!holder.get().handleId().equals(Optional.of(pod.handle()))) {
      return Hop.broken(
          "",
          Place.STORE,
          what,
          expected,
          Ip.text(address) + " is held by " + holder.get().handleId().orElse("nobody"),
          repair);
    }
    Optional<String> owner = block.get().owner();
    boolean isBorrowed = owner.isPresent() && !owner.get().equals(pod.node());
    if (isBorrowed && !holder.get().node().equals(Optional.of(pod.node()))) {
      return Hop.broken(
          "",
          Place.STORE,
          what,
          "in a block of " + pod.node(),
          "its block "
              + block.get().cidr()
              + " belongs to "
              + owner.get()
              + ", so that packets go there",
          repair);
    }
    return Hop.ok(
        "",
        Place.STORE,
        what,
        expected,
        Ip.text(address)
            + " of block "
            + block.get().cidr()
            + (isBorrowed ? ", borrowed from " + owner.get() : ""));
  }

  /** How answers from outside find a pod; empty when the sender is not one. */
  Optional<String> wayBack(PathEnd sender, InetAddress address) {
    Optional<IpPool> pool = pools.stream().filter(p -> p.cidr().contains(address)).findFirst();
    if (!sender.isPod() || pool.isEmpty()) {
      return Optional.empty();
    }
    return Optional.of(
        pool.get().natOutgoing()
            ? "its pool " + pool.get().name() + " has natOutgoing, so answers come to the node"
            : "its pool "
                + pool.get().name()
                + " has no natOutgoing, so the other side needs a route to "
                + Ip.text(address));
  }

  private Hop pool(InetAddress address) {
    return pools.stream()
        .filter(p -> p.cidr().contains(address))
        .findFirst()
        .map(
            p ->
                Hop.note(
                    "",
                    Place.STORE,
                    "pool of " + Ip.text(address),
                    p.name() + " (" + p.cidr() + "), mode " + Readers.mode(p)))
        .orElseGet(
            () ->
                Hop.note("", Place.STORE, "pool of " + Ip.text(address), "none: not routed by us"));
  }

  private static PathEnd node(Node node) {
    List<InetAddress> addresses = new ArrayList<>();
    for (IpFamily family : IpFamily.values()) {
      node.address(family).ifPresent(a -> addresses.add(a.address()));
    }
    return new PathEnd(node.name(), Optional.of(node.name()), addresses, Optional.empty());
  }
}
