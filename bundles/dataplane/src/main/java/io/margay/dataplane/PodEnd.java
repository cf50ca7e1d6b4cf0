// SPDX-License-Identifier: Apache-2.0
package io.margay.dataplane;

import io.margay.api.dataplane.DataplaneException;
import io.margay.api.dataplane.Workload;
import io.margay.api.net.Rate;
import io.margay.netlink.AddressMessage;
import io.margay.netlink.LinkMessage;
import io.margay.netlink.Lladdr;
import io.margay.netlink.Message;
import io.margay.netlink.NeighbourMessage;
import io.margay.netlink.NetlinkException;
import io.margay.netlink.NetlinkSocket;
import io.margay.netlink.Request;
import io.margay.netlink.RouteMessage;
import io.margay.netlink.Sysctl;
import io.margay.netlink.TrafficMessage;
import java.io.IOException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The pod's end of a workload's veth pair, and what belongs to it in the pod: addresses, gateway
 * routes, neighbours, settings. Every method must run on a thread inside the pod's namespace.
 *
 * <p>The gateways are addresses that no pool contains. Their MAC is fixed, so the pod needs no
 * answer of the node to reach it: proxy ARP gives none on a node without a default route.
 */
final class PodEnd {
  /** Calico's gateway of every pod. */
  private static final InetAddress GATEWAY4 = address("169.254.1.1");

  /** The link-local address that follows from the MAC of the host's end. */
  private static final InetAddress GATEWAY6 = address("fe80::ecee:eeff:feee:eeee");

  private static final InetAddress ANY4 = address("0.0.0.0");
  private static final InetAddress ANY6 = address("::");
  private static final int LOOPBACK = 1;
  private static final int ANY_TABLE = 0;

  private final Workload workload;
  private final boolean has4;
  private final boolean has6;

  PodEnd(Workload workload) {
    this.workload = workload;
    this.has4 = workload.addresses().stream().anyMatch(Inet4Address.class::isInstance);
    this.has6 = workload.addresses().stream().anyMatch(a -> !(a instanceof Inet4Address));
  }

  /** The link to create. */
  static LinkMessage link(Workload workload) {
    LinkMessage link = LinkMessage.named(workload.podLink()).withMtu(workload.mtuBytes());
    return workload.podMac().map(mac -> link.withAddress(Lladdr.of(mac.bytes()))).orElse(link);
  }

  /** The link of that name, whosoever it is. */
  static Optional<LinkMessage> find(Workload workload) throws NetlinkException {
    try (NetlinkSocket pod = NetlinkSocket.open()) {
      return pod.link(workload.podLink());
    }
  }

  /** The default routes of a device by our gateways; other ones are somebody else's. */
  static List<RouteMessage> defaultRoutes(NetlinkSocket pod, int index) throws NetlinkException {
    return pod.routes(Message.AF_UNSPEC, RouteMessage.RT_TABLE_MAIN, 0).stream()
        .filter(r -> r.destinationLength() == 0 && r.device().orElse(0) == index)
        .filter(r -> r.gateway().map(g -> g.equals(GATEWAY4) || g.equals(GATEWAY6)).orElse(false))
        .toList();
  }

  /** The refusal to use a link of that name that we have not made. */
  static DataplaneException exists(Workload workload) {
    return new DataplaneException(
        "attach %s: link %s in %s: EEXIST (not made for this workload)"
            .formatted(workload.handle(), workload.podLink(), workload.namespace()),
        "EEXIST");
  }

  /** Configures a link just made, and returns it. */
  LinkMessage configure() throws NetlinkException, IOException {
    configureKernel();
    try (NetlinkSocket pod = NetlinkSocket.open()) {
      LinkMessage link = requireLink(pod);
      List<Request> requests = new ArrayList<>();
      requests.add(Request.change(LinkMessage.at(LOOPBACK).withUp(true)));
      requests.add(Request.change(LinkMessage.at(link.index()).withUp(true)));
      desired(link.index()).forEach(object -> requests.add(Request.add(object)));
      workload
          .sendRate()
          .ifPresent(r -> requests.add(Request.replace(RateLimits.message(link.index(), r))));
      execute(pod, requests);
      return link;
    }
  }

  /** Makes a link found be what {@link #configure} makes, and returns it. */
  LinkMessage repair() throws NetlinkException, IOException {
    configureKernel();
    try (NetlinkSocket pod = NetlinkSocket.open()) {
      int index = requireLink(pod).index();
      execute(
          pod,
          List.of(
              Request.change(LinkMessage.at(LOOPBACK).withUp(true)),
              Request.change(link(workload).withUp(true))));
      Found found = Found.read(pod, index, RouteMessage.RT_TABLE_MAIN);
      List<Request> requests = new ArrayList<>();
      for (AddressMessage address : found.addresses) {
        if (address.scope() == RouteMessage.RT_SCOPE_UNIVERSE
            && !workload.addresses().contains(address.address())) {
          requests.add(Request.delete(address));
        }
      }
      for (Message object : desired(index)) {
        if (!found.contains(object)) {
          requests.add(found.hasOtherWay(object) ? Request.replace(object) : Request.add(object));
        }
      }
      limit(pod, index).ifPresent(requests::add);
      execute(pod, requests);
      return requireLink(pod);
    }
  }

  /** The change that gives the device the limit that the workload is to have, or none. */
  private Optional<Request> limit(NetlinkSocket pod, int index) throws NetlinkException {
    Optional<TrafficMessage> found = RateLimits.find(pod.qdiscs(), index);
    if (found.flatMap(RateLimits::rate).equals(workload.sendRate())) {
      return Optional.empty();
    }
    return Optional.of(
        workload
            .sendRate()
            .map(rate -> Request.replace(RateLimits.message(index, rate)))
            .orElseGet(() -> Request.delete(found.orElseThrow())));
  }

  /**
   * What differs from what {@link #configure} makes.
   *
   * @param mtuBytes of the link, which another plugin may have changed
   */
  Optional<String> difference(int mtuBytes) throws NetlinkException {
    try (NetlinkSocket pod = NetlinkSocket.open()) {
      LinkMessage link = requireLink(pod);
      if (!link.isUp() || link.mtuBytes().orElse(0) != mtuBytes) {
        return Optional.of(
            "link %s is %s with mtu %d (expected: up with mtu %d)"
                .formatted(
                    link.name(), link.isUp() ? "up" : "down", link.mtuBytes().orElse(0), mtuBytes));
      }
      Optional<Lladdr> mac = workload.podMac().map(m -> Lladdr.of(m.bytes()));
      if (mac.isPresent() && !link.address().equals(mac)) {
        return Optional.of(
            "link %s has the address %s (expected: %s)"
                .formatted(link.name(), link.address().orElseThrow(), mac.get()));
      }
      if (limit(pod, link.index()).isPresent()) {
        return Optional.of(
            "link %s sends by another limit (expected: %s)"
                .formatted(
                    link.name(), workload.sendRate().map(Rate::toString).orElse("no limit")));
      }
      Found found = Found.read(pod, link.index(), ANY_TABLE);
      return desired(link.index()).stream()
          .filter(object -> !found.contains(object))
          .findFirst()
          .map(o -> o.noun() + " " + o.describe(i -> link.name()) + " is missing in the pod");
    }
  }

  private LinkMessage requireLink(NetlinkSocket pod) throws NetlinkException {
    Optional<LinkMessage> link = pod.link(workload.podLink());
    if (link.isEmpty()) {
      // Removed by somebody in this moment: let the kernel say so.
      pod.execute(Request.change(link(workload)));
    }
    return link.orElseThrow();
  }

  /** Everything the link needs, in the order in which the kernel accepts it. */
  private List<Message> desired(int index) {
    Lladdr gatewayMac = Lladdr.of(Workload.HOST_MAC.bytes());
    List<Message> objects = new ArrayList<>();
    for (InetAddress address : workload.addresses()) {
      boolean v4 = address instanceof Inet4Address;
      AddressMessage message = AddressMessage.of(index, address, v4 ? 32 : 128);
      objects.add(v4 ? message : message.withFlags(AddressMessage.IFA_F_NODAD));
    }
    if (has4) {
      RouteMessage toGateway = RouteMessage.to(GATEWAY4, 32).withDevice(index);
      objects.add(NeighbourMessage.permanent(index, GATEWAY4, gatewayMac));
      objects.add(toGateway.withScope(RouteMessage.RT_SCOPE_LINK));
      objects.add(RouteMessage.to(ANY4, 0).withGateway(GATEWAY4).withDevice(index));
    }
    if (has6) {
      objects.add(NeighbourMessage.permanent(index, GATEWAY6, gatewayMac));
      objects.add(RouteMessage.to(ANY6, 0).withGateway(GATEWAY6).withDevice(index));
    }
    return objects;
  }

  /** What is there on one device. */
  private record Found(
      List<AddressMessage> addresses,
      List<RouteMessage> routes,
      List<NeighbourMessage> neighbours) {
    static Found read(NetlinkSocket pod, int index, int table) throws NetlinkException {
      return new Found(
          pod.addresses(Message.AF_UNSPEC).stream().filter(a -> a.index() == index).toList(),
          pod.routes(Message.AF_UNSPEC, table, 0).stream()
              .filter(r -> r.device().orElse(0) == index)
              .toList(),
          pod.neighbours(Message.AF_UNSPEC).stream().filter(n -> n.index() == index).toList());
    }

    boolean contains(Message desired) {
      if (desired instanceof AddressMessage d) {
        return addresses.stream()
            .anyMatch(a -> a.address().equals(d.address()) && a.prefixLength() == d.prefixLength());
      }
      if (desired instanceof NeighbourMessage d) {
        return neighbours.stream()
            .anyMatch(
                n ->
                    n.destination().equals(d.destination())
                        && n.lladdr().equals(d.lladdr())
                        && n.isPermanent());
      }
      RouteMessage d = (RouteMessage) desired;
      return routes.stream().anyMatch(r -> isSameKey(r, d) && r.gateway().equals(d.gateway()));
    }

    /** Whether this device has the object with other contents, so that it must be replaced. */
    boolean hasOtherWay(Message desired) {
      return desired instanceof NeighbourMessage
          || desired instanceof RouteMessage d && routes.stream().anyMatch(r -> isSameKey(r, d));
    }

    private static boolean isSameKey(RouteMessage a, RouteMessage b) {
      return a.family() == b.family()
          && a.destinationLength() == b.destinationLength()
          && a.destination().equals(b.destination());
    }
  }

  /** Settings of the pod's kernel, before the link is up; only what differs is written. */
  private void configureKernel() throws IOException {
    if (has4) {
      // A new namespace inherits the node's value; a pod that forwards is a hole in every policy.
      set("net/ipv4/ip_forward", "0");
    }
    if (has6) {
      for (String name : List.of("all", "default", "lo", workload.podLink())) {
        set("net/ipv6/conf/" + name + "/disable_ipv6", "0");
      }
      set("net/ipv6/conf/" + workload.podLink() + "/accept_dad", "0");
    }
  }

  private static void set(String key, String value) throws IOException {
    if (!Sysctl.read(key).equals(value)) {
      Sysctl.write(key, value);
    }
  }

  private static void execute(NetlinkSocket pod, List<Request> requests) throws NetlinkException {
    for (Optional<NetlinkException> refusal : pod.batch(requests)) {
      if (refusal.isPresent()) {
        throw refusal.get();
      }
    }
  }

  private static InetAddress address(String literal) {
    try {
      return InetAddress.getByName(literal);
    } catch (UnknownHostException e) {
      throw new IllegalStateException("a literal needs no resolver", e);
    }
  }
}
