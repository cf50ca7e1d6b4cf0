// SPDX-License-Identifier: Apache-2.0
package io.margay.dataplane;

import io.margay.api.dataplane.ActualState;
import io.margay.api.dataplane.Address;
import io.margay.api.dataplane.Attribute;
import io.margay.api.dataplane.FdbEntry;
import io.margay.api.dataplane.Link;
import io.margay.api.dataplane.Neighbour;
import io.margay.api.dataplane.NextHop;
import io.margay.api.dataplane.Route;
import io.margay.api.dataplane.Rule;
import io.margay.api.net.Cidr;
import io.margay.api.net.IpFamily;
import io.margay.api.net.MacAddress;
import io.margay.dataplane.Kernel.Found;
import io.margay.netlink.AddressMessage;
import io.margay.netlink.Attributes;
import io.margay.netlink.LinkMessage;
import io.margay.netlink.Lladdr;
import io.margay.netlink.Message;
import io.margay.netlink.NeighbourMessage;
import io.margay.netlink.RouteMessage;
import io.margay.netlink.RuleMessage;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Turns the kernel's messages into objects and tells which are ours. A message that no object can
 * express (a broadcast route, a route for one TOS) gives nothing: it cannot have a key of ours.
 */
final class Decoder {
  private static final int IPV6_DEFAULT_METRIC = 1024;
  private static final int MAC_BYTES = 6;

  /** Of a neighbour that ends: the kernel has forgotten its MAC when it tells. */
  private static final MacAddress NO_MAC = MacAddress.of(new byte[MAC_BYTES]);

  private final LinkTable links;
  private final int protocol;

  Decoder(LinkTable links, int protocol) {
    this.links = links;
    this.protocol = protocol;
  }

  /** The object of this message; empty when it is of no kind we know. */
  Optional<Found> decode(Message message) {
    if (message instanceof RouteMessage route) {
      return route(route);
    }
    if (message instanceof NeighbourMessage neighbour) {
      return neighbour.isFdb() ? fdb(neighbour) : neighbour(neighbour);
    }
    if (message instanceof AddressMessage address) {
      return Optional.of(address(address));
    }
    if (message instanceof RuleMessage rule) {
      return rule(rule);
    }
    return message instanceof LinkMessage link ? Optional.of(link(link)) : Optional.empty();
  }

  /** A link for people and planners to look at, with these addresses. */
  static ActualState.Interface state(LinkMessage message, List<Address> addresses) {
    return new ActualState.Interface(
        message.index(),
        message.name(),
        message.kind().orElse(""),
        message.alias().orElse(""),
        message.address().flatMap(Decoder::mac),
        message.mtuBytes().orElse(0),
        message.isUp() && message.isRunning(),
        addresses);
  }

  private Found link(LinkMessage message) {
    Link link =
        message
            .kind()
            .map(kind -> Link.of(message.name(), kind))
            .orElseGet(() -> Link.external(message.name()))
            .withUp(message.isUp());
    if (message.mtuBytes().isPresent()) {
      link = link.withMtuBytes(message.mtuBytes().getAsInt());
    }
    Optional<MacAddress> mac = message.address().flatMap(Decoder::mac);
    if (mac.isPresent()) {
      link = link.withMac(mac.get());
    }
    Optional<String> parent = links.parent(message);
    if (parent.isPresent()) {
      link = link.withParent(parent.get());
    }
    for (Attribute attribute : raw(message.data())) {
      link = link.withInfo(attribute);
    }
    for (Attribute attribute : raw(message.attributes())) {
      link = link.withAttribute(attribute);
    }
    return new Found(link, LinkTable.isOwner(message.alias().orElse("")));
  }

  private Found address(AddressMessage message) {
    InetAddress address = message.address();
    // On a link of ours only the link-local address is not by our hand.
    boolean ours =
        message.attributes().u8(AddressMessage.IFA_PROTO).orElse(0) == protocol
            || links.isOurs(message.index()) && !address.isLinkLocalAddress();
    return new Found(
        Address.of(links.name(message.index()), address, message.prefixLength()), ours);
  }

  private Optional<Found> neighbour(NeighbourMessage message) {
    Optional<MacAddress> mac =
        message.lladdr().isPresent() ? message.lladdr().flatMap(Decoder::mac) : Optional.of(NO_MAC);
    if (message.isProxy() || mac.isEmpty() || message.destination().isEmpty()) {
      return Optional.empty();
    }
    boolean ours =
        message.attributes().u8(NeighbourMessage.NDA_PROTOCOL).orElse(0) == protocol
            || links.isOurs(message.index());
    String link = links.name(message.index());
    return Optional.of(new Found(Neighbour.of(link, message.destination().get(), mac.get()), ours));
  }

  private Optional<Found> fdb(NeighbourMessage message) {
    Optional<MacAddress> mac = message.lladdr().flatMap(Decoder::mac);
    boolean self = (message.flags() & NeighbourMessage.NTF_SELF) != 0;
    if (!self || mac.isEmpty() || message.destination().isEmpty()) {
      return Optional.empty();
    }
    String link = links.name(message.index());
    return Optional.of(
        new Found(
            FdbEntry.of(link, mac.get(), message.destination().get()),
            links.isOurs(message.index())));
  }

  private static Optional<Found> rule(RuleMessage message) {
    int priority = message.priority();
    if (priority < Rule.FIRST_PRIORITY
        || priority > Rule.LAST_PRIORITY
        || message.action() != RuleMessage.FR_ACT_TO_TBL) {
      return Optional.empty();
    }
    IpFamily family = message.family() == Message.AF_INET ? IpFamily.IPV4 : IpFamily.IPV6;
    Rule rule = Rule.of(family, priority, message.table());
    if (message.from().isPresent()) {
      rule = rule.withFrom(Cidr.containing(message.from().get(), message.sourceLength()));
    }
    if (message.to().isPresent()) {
      rule = rule.withTo(Cidr.containing(message.to().get(), message.destinationLength()));
    }
    if (message.mark().isPresent()) {
      rule = rule.withMark(Integer.toUnsignedLong(message.mark().getAsInt()));
    }
    Optional<String> input = message.attributes().string(RuleMessage.FRA_IIFNAME);
    if (input.isPresent()) {
      rule = rule.withInputLink(input.get());
    }
    return Optional.of(new Found(rule, true));
  }

  private Optional<Found> route(RouteMessage message) {
    Optional<Route.Type> type = type(message.type());
    boolean special = message.tos() != 0 || message.sourceLength() != 0;
    boolean cloned = (message.flags() & RouteMessage.RTM_F_CLONED) != 0;
    if (type.isEmpty() || special || cloned) {
      return Optional.empty();
    }
    Cidr destination = new Cidr(message.destination(), message.destinationLength());
    boolean forwards = type.get() == Route.Type.UNICAST || type.get() == Route.Type.LOCAL;
    List<NextHop> hops = forwards ? hops(message) : List.of();
    Route route = Route.of(destination, type.get(), hops).withTable(message.table());
    long metric = Integer.toUnsignedLong(message.metric());
    if (destination.family() == IpFamily.IPV4 || metric != IPV6_DEFAULT_METRIC) {
      route = route.withMetric(metric);
    }
    if (message.preferredSource().isPresent()) {
      route = route.withSource(message.preferredSource().get());
    }
    if (message.mtuBytes().isPresent()) {
      route = route.withMtuBytes(message.mtuBytes().getAsInt());
    }
    if (message.encapType().isPresent()) {
      route =
          route.withEncap(new Route.Encap(message.encapType().getAsInt(), raw(message.encap())));
    }
    return Optional.of(new Found(route, message.protocol() == protocol));
  }

  private List<NextHop> hops(RouteMessage message) {
    List<io.margay.netlink.NextHop> many = message.nextHops();
    if (many.isEmpty()) {
      Optional<String> link =
          message.device().isPresent()
              ? Optional.of(links.name(message.device().getAsInt()))
              : Optional.empty();
      Optional<InetAddress> gateway = message.gateway();
      return link.isEmpty() && gateway.isEmpty()
          ? List.of()
          : List.of(new NextHop(gateway, link, 1, message.isOnlink()));
    }
    List<NextHop> hops = new ArrayList<>();
    for (io.margay.netlink.NextHop hop : many) {
      boolean onlink = (hop.flags() & RouteMessage.RTNH_F_ONLINK) != 0;
      String link = links.name(hop.index());
      hops.add(new NextHop(hop.gateway(), Optional.of(link), hop.weight(), onlink));
    }
    return hops;
  }

  private static Optional<Route.Type> type(int type) {
    return switch (type) {
      case RouteMessage.RTN_UNICAST -> Optional.of(Route.Type.UNICAST);
      case RouteMessage.RTN_LOCAL -> Optional.of(Route.Type.LOCAL);
      case RouteMessage.RTN_BLACKHOLE -> Optional.of(Route.Type.BLACKHOLE);
      case RouteMessage.RTN_UNREACHABLE -> Optional.of(Route.Type.UNREACHABLE);
      case RouteMessage.RTN_PROHIBIT -> Optional.of(Route.Type.PROHIBIT);
      default -> Optional.empty();
    };
  }

  private static Optional<MacAddress> mac(Lladdr address) {
    byte[] bytes = address.bytes();
    return bytes.length == MAC_BYTES ? Optional.of(MacAddress.of(bytes)) : Optional.empty();
  }

  private static List<Attribute> raw(Attributes attributes) {
    List<Attribute> list = new ArrayList<>();
    attributes.forEachType(
        type -> attributes.get(type).ifPresent(v -> list.add(Attribute.of(type, v))));
    return list;
  }
}
