// SPDX-License-Identifier: Apache-2.0
package org.example.old;

import io.margay.api.dataplane.Address;
import io.margay.api.dataplane.Attribute;
import io.margay.api.dataplane.FdbEntry;
import io.margay.api.dataplane.KernelObject;
import io.margay.api.dataplane.Link;
import io.margay.api.dataplane.Neighbour;
import io.margay.api.dataplane.NextHop;
import io.margay.api.dataplane.Route;
import io.margay.api.dataplane.Sysctl;
import io.margay.api.mode.Destination;
import io.margay.api.mode.HostTraffic;
import io.margay.api.mode.Info;
import io.margay.api.mode.LocalNode;
import io.margay.api.mode.ModeView;
import io.margay.api.mode.Peer;
import io.margay.api.mode.Plan;
import io.margay.api.mode.RoutingMode;
import io.margay.api.mode.Sending;
import io.margay.api.mode.Variant;
import io.margay.api.mode.Wire;
import io.margay.api.net.Cidr;
import io.margay.api.net.IpFamily;
import io.margay.api.net.MacAddress;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;

/**
 * IPv4 packets of pods in VXLAN: one device, per peer a neighbour and a forwarding entry on it, per
 * destination a route via the peer's tunnel address.
 */
@Component
public final class OldMode implements RoutingMode {
  private static final String NAME = "old";
  private static final String LINK = NAME + "0";
  private static final int VNI = 8300;
  private static final int PORT = 8472;

  /** Outer Ethernet, IP, UDP and VXLAN headers. */
  private static final int OVERHEAD_BYTES = 50;

  private static final int UDP = 17;
  private static final Wire WIRE = new Wire(NAME + "/" + VNI + "/" + PORT);

  /** Under which nodes have their tunnel address, and tell others their MAC. */
  private static final String TUNNEL_ADDRESS = NAME + "/" + IpFamily.IPV4;

  private static final String MAC = "mac";

  // linux/if_link.h IFLA_VXLAN_*
  private static final int IFLA_VXLAN_ID = 1;
  private static final int IFLA_VXLAN_LOCAL = 4;
  private static final int IFLA_VXLAN_LEARNING = 7;
  private static final int IFLA_VXLAN_PORT = 15;

  @Activate
  public OldMode() {}

  @Override
  public Info info() {
    return Info.of(NAME)
        .withFamily(IpFamily.IPV4, OVERHEAD_BYTES)
        .withTunnelAddresses(Set.of(IpFamily.IPV4))
        .withLinkTypes(Set.of("vxlan"));
  }

  /** What a peer must know: Margay stores it with the node, and gives it to the other nodes. */
  @Override
  public Map<String, String> advertise(LocalNode self) {
    InetAddress address = self.addresses().get(IpFamily.IPV4);
    return address == null ? Map.of() : Map.of(MAC, mac(address).toString());
  }

  @Override
  public Plan plan(ModeView view) {
    LocalNode self = view.self();
    boolean hasTunnel =
        self.addresses().containsKey(IpFamily.IPV4)
            && self.tunnelAddresses().containsKey(TUNNEL_ADDRESS);
    Map<Cidr, Sending> sendings = new HashMap<>();
    Map<Cidr, String> unreachable = new HashMap<>();
    for (Destination destination : view.destinations()) {
      Optional<Peer> peer = destination.owner().flatMap(view::peer);
      Cidr cidr = destination.cidr();
      if (cidr.family() != IpFamily.IPV4) {
        unreachable.put(cidr, "mode " + NAME + " carries IPv4 only");
      } else if (peer.isEmpty()) {
        unreachable.put(cidr, "node " + destination.owner().orElse("of nobody") + " is not known");
      } else if (isDirect(destination, peer.get())) {
        sendings.put(cidr, direct(cidr, peer.get()));
      } else if (!hasTunnel) {
        unreachable.put(cidr, "this node has no tunnel address yet");
      } else if (!hasTunnel(peer.get())) {
        unreachable.put(cidr, "node " + peer.get().name() + " has no tunnel address yet");
      } else {
        sendings.put(cidr, tunnelled(cidr, peer.get()));
      }
    }
    Plan plan =
        Plan.of(hasTunnel ? standing(view) : List.of(), sendings).withUnreachable(unreachable);
    return hasTunnel
        ? plan.withReceives(WIRE).withHostTraffic(new HostTraffic(UDP, PORT))
        : plan;
  }

  /** What may be in the kernel before any packet uses it, and receives what others send. */
  private static List<KernelObject> standing(ModeView view) {
    LocalNode self = view.self();
    InetAddress address = self.addresses().get(IpFamily.IPV4);
    List<KernelObject> objects = new ArrayList<>();
    objects.add(
        Link.of(LINK, "vxlan")
            .withParent(self.uplinks().get(IpFamily.IPV4))
            .withMac(mac(address))
            .withMtuBytes(self.uplinkMtuBytes() - OVERHEAD_BYTES)
            .withInfo(Attribute.u32(IFLA_VXLAN_ID, VNI).named("id"))
            .withInfo(Attribute.address(IFLA_VXLAN_LOCAL, address).named("local"))
            .withInfo(Attribute.u8(IFLA_VXLAN_LEARNING, 0).named("learning"))
            .withInfo(Attribute.be16(IFLA_VXLAN_PORT, PORT).named("dstport")));
    objects.add(Address.of(LINK, self.tunnelAddresses().get(TUNNEL_ADDRESS), 32));
    // While a pool changes its mode, the answer may go another way: strict would drop this one.
    objects.add(Sysctl.of("net/ipv4/conf/" + LINK + "/rp_filter", 2));
    view.peers().stream()
        .filter(OldMode::hasTunnel)
        .sorted(Comparator.comparing(Peer::name))
        .forEach(
            peer -> {
              MacAddress mac = mac(peer.addresses().get(IpFamily.IPV4));
              objects.add(Neighbour.of(LINK, peer.tunnelAddresses().get(TUNNEL_ADDRESS), mac));
              objects.add(FdbEntry.of(LINK, mac, peer.addresses().get(IpFamily.IPV4)));
            });
    return objects;
  }

  private static boolean hasTunnel(Peer peer) {
    return peer.addresses().containsKey(IpFamily.IPV4)
        && peer.tunnelAddresses().containsKey(TUNNEL_ADDRESS)
        && peer.advertised().containsKey(MAC);
  }

  private static Sending tunnelled(Cidr cidr, Peer peer) {
    InetAddress gateway = peer.tunnelAddresses().get(TUNNEL_ADDRESS);
    NextHop hop =
        cidr.equals(Cidr.host(gateway))
            ? NextHop.dev(LINK)
            : NextHop.via(gateway, LINK).withOnlink();
    return new Sending(Route.of(cidr, hop), WIRE);
  }

  private static boolean isDirect(Destination destination, Peer peer) {
    return destination.variant() == Variant.CROSS_SUBNET
        && peer.isSameSubnet(IpFamily.IPV4)
        && peer.gateways().containsKey(IpFamily.IPV4);
  }

  private static Sending direct(Cidr cidr, Peer peer) {
    Peer.Gateway gateway = peer.gateways().get(IpFamily.IPV4);
    return new Sending(
        Route.of(cidr, NextHop.via(gateway.address(), gateway.link())), Wire.DIRECT);
  }

  /** Locally administered, and a function of the node's address: the same after a restart. */
  private static MacAddress mac(InetAddress address) {
    byte[] ip = address.getAddress();
    return MacAddress.of(new byte[] {0x02, 0x76, ip[0], ip[1], ip[2], ip[3]});
  }
}
