// SPDX-License-Identifier: Apache-2.0
package com.example.srv6;

import io.margay.api.dataplane.Address;
import io.margay.api.dataplane.KernelObject;
import io.margay.api.dataplane.NextHop;
import io.margay.api.dataplane.Route;
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
import io.margay.api.net.Ip;
import io.margay.api.net.IpFamily;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;

/**
 * Sends pods' packets of both families in IPv6 with a segment routing header (RFC 8754): one route
 * per destination, which names the segment id of the node that has it.
 *
 * <p>It needs no device. A node takes packets in by two routes of its own, one for each family of
 * pods, that the kernel's segment endpoint serves; they are of type local, so that the host rules
 * count what comes there as addressed to the node, and let only nodes send it.
 */
@Component
public final class Srv6Mode implements RoutingMode {
  static final String NAME = "srv6";

  private static final Wire WIRE = new Wire(NAME);

  // Inside of the segment routing header; IANA, Assigned Internet Protocol Numbers.
  private static final HostTraffic IPV4_IN_IPV6 = new HostTraffic(4, 0);
  private static final HostTraffic IPV6_IN_IPV6 = new HostTraffic(41, 0);

  /** Has the addresses by which nodes probe each other; packets to pods need none. */
  private static final String LOOPBACK = "lo";

  private static final Info INFO =
      Info.of(NAME)
          .withFamily(IpFamily.IPV4, Seg6.OVERHEAD_BYTES)
          .withFamily(IpFamily.IPV6, Seg6.OVERHEAD_BYTES)
          .withTunnelAddresses(Set.of(IpFamily.IPV4, IpFamily.IPV6));

  @Activate
  public Srv6Mode() {}

  @Override
  public Info info() {
    return INFO;
  }

  @Override
  public Map<String, String> advertise(LocalNode self) {
    return Sids.of(self).advertised();
  }

  @Override
  public Plan plan(ModeView view) {
    Optional<String> uplink = Optional.ofNullable(view.self().uplinks().get(IpFamily.IPV6));
    Segments segments = Segments.of(view);
    List<KernelObject> standing = new ArrayList<>(addresses(view.self()));
    standing.addAll(ownAddresses(view.self()));
    uplink.ifPresent(link -> standing.addAll(endpoints(Sids.of(view.self()), link)));
    standing.addAll(segments.routes());

    Map<Cidr, Sending> sendings = new HashMap<>();
    Map<Cidr, String> unreachable = new HashMap<>();
    for (Destination destination : view.destinations()) {
      Cidr cidr = destination.cidr();
      sending(view, segments, destination)
          .ifPresentOrElse(
              sending -> sendings.put(cidr, sending),
              () -> unreachable.put(cidr, whyNot(view, segments, destination)));
    }
    Plan plan = Plan.of(standing, sendings).withUnreachable(unreachable);
    return uplink.isEmpty()
        ? plan
        : plan.withReceives(WIRE).withHostTraffic(IPV4_IN_IPV6).withHostTraffic(IPV6_IN_IPV6);
  }

  private static List<Address> addresses(LocalNode self) {
    List<Address> addresses = new ArrayList<>();
    for (IpFamily family : IpFamily.values()) {
      InetAddress address = self.tunnelAddresses().get(NAME + "/" + family);
      if (address != null) {
        addresses.add(Address.of(LOOPBACK, address, Cidr.host(address).length()));
      }
    }
    return addresses;
  }

  /** What takes packets in. The kernel wants a link, and looks at the packet's own destination. */
  private static List<Route> endpoints(Sids sids, String link) {
    List<Route> routes = new ArrayList<>();
    sids.of(IpFamily.IPV4)
        .ifPresent(sid -> routes.add(local(sid, link).withEncap(Seg6.endpoint4())));
    sids.of(IpFamily.IPV6)
        .ifPresent(sid -> routes.add(local(sid, link).withEncap(Seg6.endpoint6())));
    return routes;
  }

  /**
   * The node's own addresses among those of pods, in the main table too, the only one in which IPv6
   * packets are looked up when they are taken out; before the route that the kernel itself has
   * there for an address, which leads nowhere.
   */
  private static List<Route> ownAddresses(LocalNode self) {
    return self.poolAddresses().stream()
        .filter(address -> IpFamily.of(address) == IpFamily.IPV6)
        .sorted(Ip::compare)
        .map(address -> local(address, LOOPBACK).withMetric(1))
        .toList();
  }

  private static Route local(InetAddress address, String link) {
    return Route.of(Cidr.host(address), Route.Type.LOCAL, List.of(NextHop.dev(link)));
  }

  /** Empty when the destination cannot be reached. */
  private static Optional<Sending> sending(
      ModeView view, Segments segments, Destination destination) {
    Optional<Peer> peer = destination.owner().flatMap(view::peer);
    if (peer.isPresent() && isDirect(destination, peer.get())) {
      return direct(destination.cidr(), peer.get());
    }
    return peer.flatMap(p -> segments.to(destination.cidr(), p.name()))
        .map(route -> new Sending(withSource(route, view.self()), WIRE));
  }

  /** A node that has no address of the pods' family of its own talks to pods by its tunnel's. */
  private static Route withSource(Route route, LocalNode self) {
    IpFamily family = route.destination().family();
    InetAddress address = self.tunnelAddresses().get(NAME + "/" + family);
    return address == null || self.addresses().containsKey(family)
        ? route
        : route.withSource(address);
  }

  private static boolean isDirect(Destination destination, Peer peer) {
    return destination.variant() == Variant.CROSS_SUBNET
        && peer.isSameSubnet(destination.cidr().family());
  }

  private static Optional<Sending> direct(Cidr cidr, Peer peer) {
    return Optional.ofNullable(peer.gateways().get(cidr.family()))
        .map(gateway -> NextHop.via(gateway.address(), gateway.link()).withOnlink())
        .map(hop -> new Sending(Route.of(cidr, hop), Wire.DIRECT));
  }

  private static String whyNot(ModeView view, Segments segments, Destination destination) {
    if (destination.owner().isEmpty()) {
      return "no node has it";
    }
    String node = destination.owner().get();
    Optional<Peer> peer = view.peer(node);
    if (peer.isEmpty()) {
      return "node " + node + " has it, and is not known";
    }
    return isDirect(destination, peer.get())
        ? "the kernel has no route to node " + node
        : segments.whyNot(node);
  }
}
