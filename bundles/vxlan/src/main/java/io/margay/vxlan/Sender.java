// SPDX-License-Identifier: Apache-2.0
package io.margay.vxlan;

import io.margay.api.dataplane.NextHop;
import io.margay.api.dataplane.Route;
import io.margay.api.mode.Destination;
import io.margay.api.mode.LocalNode;
import io.margay.api.mode.ModeView;
import io.margay.api.mode.Peer;
import io.margay.api.mode.Sending;
import io.margay.api.mode.Variant;
import io.margay.api.mode.Wire;
import io.margay.api.net.Cidr;
import io.margay.api.net.Ip;
import io.margay.api.net.IpFamily;
import java.net.InetAddress;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;

/** How this node sends to destinations, or why it cannot. */
final class Sender {
  private final ModeView view;
  private final Map<IpFamily, Vteps> vteps;
  private final Map<String, Peer> peers;

  Sender(ModeView view, Map<IpFamily, Vteps> vteps) {
    this.view = view;
    this.vteps = vteps;
    this.peers = view.peers().stream().collect(Collectors.toMap(Peer::name, Function.identity()));
  }

  /** Whether the node can have tunnels: it needs an address outside and one inside. */
  static boolean hasTunnels(LocalNode self, IpFamily family) {
    return self.addresses().containsKey(family)
        && self.tunnelAddresses().containsKey(Vtep.addressKey(family));
  }

  /** Empty when the destination cannot be reached. */
  Optional<Sending> to(Destination destination) {
    Cidr cidr = destination.cidr();
    Optional<Peer> peer = destination.owner().map(peers::get);
    if (peer.isPresent() && isDirect(destination, peer.get())) {
      return Optional.ofNullable(peer.get().gateways().get(cidr.family()))
          .map(gateway -> direct(cidr, peer.get(), gateway));
    }
    return peer.filter(p -> hasTunnels(view.self(), cidr.family()))
        .flatMap(p -> vteps.get(cidr.family()).of(p.name()))
        .map(vtep -> tunnelled(cidr, vtep));
  }

  private static boolean isDirect(Destination destination, Peer peer) {
    return destination.variant() == Variant.CROSS_SUBNET
        && peer.isSameSubnet(destination.cidr().family());
  }

  private Sending direct(Cidr cidr, Peer peer, Peer.Gateway gateway) {
    IpFamily family = cidr.family();
    NextHop nextHop = NextHop.via(gateway.address(), gateway.link());
    boolean isOnLink =
        gateway.address().equals(peer.addresses().get(family))
            && gateway.link().equals(view.self().uplinks().get(family));
    return new Sending(Route.of(cidr, isOnLink ? nextHop : nextHop.withOnlink()), Wire.DIRECT);
  }

  private Sending tunnelled(Cidr cidr, Vtep vtep) {
    VxlanWire wire = VxlanWire.of(view.settings(), cidr.family());
    NextHop nextHop =
        cidr.equals(Cidr.host(vtep.gateway()))
            ? NextHop.dev(wire.linkName())
            : NextHop.via(vtep.gateway(), wire.linkName()).withOnlink();
    return new Sending(Route.of(cidr, nextHop), wire.wire());
  }

  /** Why {@link #to} says nothing, in words. */
  String whyNot(Destination destination) {
    if (destination.owner().isEmpty()) {
      return "no node has it";
    }
    Peer peer = peers.get(destination.owner().get());
    if (peer == null) {
      return "node " + destination.owner().get() + " has it, and is not known";
    }
    IpFamily family = destination.cidr().family();
    if (isDirect(destination, peer)) {
      InetAddress address = peer.addresses().get(family);
      return "the kernel has no route to node " + peer.name() + " at " + Ip.text(address);
    }
    return vteps
        .get(family)
        .whyMissing(peer.name())
        .orElse("this node has no %s tunnel address yet".formatted(Vteps.name(family)));
  }
}
