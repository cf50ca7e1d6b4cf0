// SPDX-License-Identifier: Apache-2.0
package io.margay.ipip;

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
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;

/** How this node sends to destinations, or why it cannot. */
final class Sender {
  private final LocalNode self;
  private final Map<String, Peer> peers;
  private final Tunnels tunnels;
  private final Optional<String> device;
  private final String whyNoDevice;

  /**
   * A sender.
   *
   * @param device name of the tunnel device; empty when there is none, as {@code whyNoDevice} says
   */
  Sender(ModeView view, Tunnels tunnels, Optional<String> device, String whyNoDevice) {
    this.self = view.self();
    this.peers = view.peers().stream().collect(Collectors.toMap(Peer::name, Function.identity()));
    this.tunnels = tunnels;
    this.device = device;
    this.whyNoDevice = whyNoDevice;
  }

  /** Empty when the destination cannot be reached. */
  Optional<Sending> to(Destination destination) {
    Cidr cidr = destination.cidr();
    Optional<Peer> peer = destination.owner().map(peers::get);
    if (peer.isEmpty() || cidr.family() != IpFamily.IPV4) {
      return Optional.empty();
    }
    if (isDirect(destination, peer.get())) {
      return Optional.ofNullable(peer.get().gateways().get(IpFamily.IPV4))
          .map(gateway -> direct(cidr, peer.get(), gateway));
    }
    return device.flatMap(
        link -> tunnels.of(peer.get().name()).map(end -> tunnelled(cidr, link, end)));
  }

  private static boolean isDirect(Destination destination, Peer peer) {
    return destination.variant() == Variant.CROSS_SUBNET && peer.isSameSubnet(IpFamily.IPV4);
  }

  private Sending direct(Cidr cidr, Peer peer, Peer.Gateway gateway) {
    NextHop nextHop = NextHop.via(gateway.address(), gateway.link());
    boolean isOnLink =
        gateway.address().equals(peer.addresses().get(IpFamily.IPV4))
            && gateway.link().equals(self.uplinks().get(IpFamily.IPV4));
    return new Sending(Route.of(cidr, isOnLink ? nextHop : nextHop.withOnlink()), Wire.DIRECT);
  }

  private static Sending tunnelled(Cidr cidr, String link, Tunnels.End end) {
    return new Sending(Route.of(cidr, NextHop.via(end.node(), link).withOnlink()), IpipMode.WIRE);
  }

  /** Why {@link #to} says nothing, in words. */
  String whyNot(Destination destination) {
    if (destination.cidr().family() != IpFamily.IPV4) {
      return "IP-in-IP carries IPv4 only";
    }
    if (destination.owner().isEmpty()) {
      return "no node has it";
    }
    Peer peer = peers.get(destination.owner().get());
    if (peer == null) {
      return "node " + destination.owner().get() + " has it, and is not known";
    }
    if (isDirect(destination, peer)) {
      return "the kernel has no route to node "
          + peer.name()
          + " at "
          + Ip.text(peer.addresses().get(IpFamily.IPV4));
    }
    return tunnels.whyMissing(peer.name()).orElse(whyNoDevice);
  }
}
