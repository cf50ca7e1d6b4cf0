// SPDX-License-Identifier: Apache-2.0
package io.margay.dataplane;

import io.margay.api.dataplane.Address;
import io.margay.api.dataplane.Attribute;
import io.margay.api.dataplane.FdbEntry;
import io.margay.api.dataplane.KernelObject;
import io.margay.api.dataplane.Link;
import io.margay.api.dataplane.Neighbour;
import io.margay.api.dataplane.NextHop;
import io.margay.api.dataplane.Owner;
import io.margay.api.dataplane.Route;
import io.margay.api.dataplane.Rule;
import io.margay.api.net.Cidr;
import io.margay.api.net.IpFamily;
import io.margay.api.net.MacAddress;
import io.margay.dataplane.Kernel.Verb;
import io.margay.dataplane.Kernel.Write;
import io.margay.netlink.AddressMessage;
import io.margay.netlink.Attributes;
import io.margay.netlink.LinkMessage;
import io.margay.netlink.Lladdr;
import io.margay.netlink.Message;
import io.margay.netlink.NeighbourMessage;
import io.margay.netlink.Request;
import io.margay.netlink.RouteMessage;
import io.margay.netlink.RuleMessage;
import java.net.Inet6Address;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.ThreadLocalRandom;

/** Turns objects into requests to the kernel, with our mark on everything that can carry one. */
final class Encoder {
  /** Indexes far from those that the kernel hands out one after the other. */
  private static final int FIRST_INDEX = 100_000;

  private static final int LAST_INDEX = 1_000_000;

  /** The object names a link that is not there. */
  static final class NoSuchLinkException extends Exception {
    private static final long serialVersionUID = 1L;

    NoSuchLinkException(String name) {
      super(name);
    }
  }

  private final LinkTable links;
  private final int protocol;

  Encoder(LinkTable links, int protocol) {
    this.links = links;
    this.protocol = protocol;
  }

  /** The requests that carry out one write of anything but a link; mostly one. */
  List<Request> encode(Write write) throws NoSuchLinkException {
    Message message = message(write.object());
    if (write.verb() == Verb.DELETE) {
      return List.of(Request.delete(message));
    }
    if (write.object() instanceof Rule) {
      // Rules cannot be replaced: the new one works beside the old until that is gone.
      return write.before() == null
          ? List.of(Request.add(message))
          : List.of(Request.add(message), Request.delete(message(write.before())));
    }
    boolean exclusive = write.verb() == Verb.ADD && write.object() instanceof Route;
    return List.of(exclusive ? Request.add(message) : Request.replace(message));
  }

  private Message message(KernelObject object) throws NoSuchLinkException {
    if (object instanceof Route route) {
      return route(route);
    }
    if (object instanceof Neighbour n) {
      NeighbourMessage message =
          NeighbourMessage.permanent(index(n.link()), n.address(), lladdr(n.mac()));
      return message.withAttributes(
          message.attributes().withU8(NeighbourMessage.NDA_PROTOCOL, protocol));
    }
    if (object instanceof Address address) {
      return address(address);
    }
    if (object instanceof FdbEntry entry) {
      return NeighbourMessage.fdb(index(entry.link()), lladdr(entry.mac()), entry.destination());
    }
    if (object instanceof Rule rule) {
      return rule(rule);
    }
    throw new IllegalArgumentException(object + " (expected: an object of rtnetlink)");
  }

  private Message address(Address address) throws NoSuchLinkException {
    AddressMessage message =
        AddressMessage.of(index(address.link()), address.address(), address.prefixLength());
    // Duplicate detection would keep the address unusable for a second.
    boolean six = address.address() instanceof Inet6Address;
    message = six ? message.withFlags(AddressMessage.IFA_F_NODAD) : message;
    message =
        message.withAttributes(message.attributes().withU8(AddressMessage.IFA_PROTO, protocol));
    // There the kernel looks first for a source address, for links that have none.
    return address.link().equals("lo") ? message.withoutPreference() : message;
  }

  private Message rule(Rule rule) {
    boolean six = rule.family() == IpFamily.IPV6;
    RuleMessage message =
        RuleMessage.lookup(six, rule.priority(), rule.table()).withProtocol(protocol);
    if (rule.from().isPresent()) {
      Cidr from = rule.from().get();
      message = message.withFrom(from.network(), from.length());
    }
    if (rule.to().isPresent()) {
      Cidr to = rule.to().get();
      message = message.withTo(to.network(), to.length());
    }
    if (rule.mark().isPresent()) {
      message = message.withMark((int) rule.mark().getAsLong(), 0xffffffff);
    }
    if (rule.inputLink().isPresent()) {
      String input = rule.inputLink().get();
      message =
          message.withAttributes(message.attributes().withString(RuleMessage.FRA_IIFNAME, input));
    }
    return message;
  }

  private RouteMessage route(Route route) throws NoSuchLinkException {
    Cidr destination = route.destination();
    RouteMessage message =
        RouteMessage.to(
            destination.network(),
            destination.length(),
            protocol,
            scope(route),
            type(route.type()));
    if (route.table() != Route.MAIN_TABLE) {
      message = message.withTable(route.table());
    }
    long metric = route.keyMetric();
    if (metric != 0) {
      message = message.withMetric((int) metric);
    }
    if (route.nextHops().size() == 1) {
      message = hop(message, route.nextHops().get(0));
    } else if (!route.nextHops().isEmpty()) {
      message = message.withNextHops(hops(route));
    }
    if (route.source().isPresent()) {
      message = message.withPreferredSource(route.source().get());
    }
    if (route.mtuBytes().isPresent()) {
      message = message.withMtu(route.mtuBytes().getAsInt());
    }
    if (route.encap().isPresent()) {
      Route.Encap encap = route.encap().get();
      message = message.withEncap(encap.type(), attributes(encap.attributes()));
    }
    return message;
  }

  private RouteMessage hop(RouteMessage message, NextHop hop) throws NoSuchLinkException {
    RouteMessage result = message;
    if (hop.gateway().isPresent()) {
      result = result.withGateway(hop.gateway().get());
    }
    if (hop.link().isPresent()) {
      result = result.withDevice(index(hop.link().get()));
    }
    return hop.onlink() ? result.withOnlink() : result;
  }

  private List<io.margay.netlink.NextHop> hops(Route route) throws NoSuchLinkException {
    List<io.margay.netlink.NextHop> hops = new ArrayList<>();
    for (NextHop hop : route.nextHops()) {
      int index = hop.link().isPresent() ? index(hop.link().get()) : 0;
      io.margay.netlink.NextHop encoded =
          hop.gateway().isPresent()
              ? io.margay.netlink.NextHop.via(hop.gateway().get(), index)
              : new io.margay.netlink.NextHop(index, 1, 0, Attributes.NONE);
      encoded = encoded.withWeight(hop.weight());
      hops.add(hop.onlink() ? encoded.withOnlink() : encoded);
    }
    return hops;
  }

  private static int type(Route.Type type) {
    return switch (type) {
      case UNICAST -> RouteMessage.RTN_UNICAST;
      case LOCAL -> RouteMessage.RTN_LOCAL;
      case BLACKHOLE -> RouteMessage.RTN_BLACKHOLE;
      case UNREACHABLE -> RouteMessage.RTN_UNREACHABLE;
      case PROHIBIT -> RouteMessage.RTN_PROHIBIT;
    };
  }

  /** What {@code ip} chooses; IPv6 has no scopes and ignores it. */
  private static int scope(Route route) {
    if (route.type() == Route.Type.LOCAL) {
      return RouteMessage.RT_SCOPE_HOST;
    }
    boolean direct = route.type() == Route.Type.UNICAST;
    for (NextHop hop : route.nextHops()) {
      direct &= hop.gateway().isEmpty();
    }
    return direct ? RouteMessage.RT_SCOPE_LINK : RouteMessage.RT_SCOPE_UNIVERSE;
  }

  // --- links ---

  /** The requests that create or change a link. */
  List<Request> encodeLink(Write write) throws NoSuchLinkException {
    Link link = (Link) write.object();
    if (write.verb() == Verb.ADD) {
      // A link gets its alias only when it exists. Both messages travel in one system call, so not
      // even a killed agent leaves a link without its mark; and the second goes by an index of our
      // choice, so that it cannot mark a foreign link for which the first was refused.
      int index = ThreadLocalRandom.current().nextInt(FIRST_INDEX, LAST_INDEX);
      return List.of(
          Request.add(properties(onParent(link).withIndex(index), link)),
          Request.change(mark(LinkMessage.at(index), link, write.owner())));
    }
    Link found = (Link) write.before();
    LinkMessage named = LinkMessage.named(link.name());
    LinkMessage marked = mark(named, link, write.owner());
    // To set an address, even to what it is, drops the permanent neighbours (neigh_changeaddr).
    boolean isSameMac = link.mac().equals(found.mac());
    Request change =
        Request.change(isSameMac ? propertiesButMac(marked, link) : properties(marked, link));
    List<Attribute> info = Match.missing(link.info(), found.info());
    if (info.isEmpty()) {
      return List.of(change);
    }
    // Apart, for a VXLAN refuses an MTU in the company of its own attributes.
    LinkMessage own = named.withKind(link.type().orElseThrow(), attributes(info));
    return List.of(Request.change(own), change);
  }

  /** Which link to create, over its parent. */
  private LinkMessage onParent(Link link) throws NoSuchLinkException {
    String type = link.type().orElseThrow();
    Attributes info = attributes(link.info());
    if (link.parent().isEmpty()) {
      return LinkMessage.of(link.name(), type, info);
    }
    int index = index(link.parent().get());
    OptionalInt own = LinkTable.parentInfo(type);
    return own.isPresent()
        ? LinkMessage.of(link.name(), type, info.withU32(own.getAsInt(), index))
        : LinkMessage.of(link.name(), type, info).withLower(index);
  }

  private static LinkMessage mark(LinkMessage message, Link link, Owner owner) {
    return message.withAlias(owner.name()).withUp(link.isUp());
  }

  private static LinkMessage properties(LinkMessage message, Link link) {
    LinkMessage result = propertiesButMac(message, link);
    return link.mac().map(mac -> result.withAddress(lladdr(mac))).orElse(result);
  }

  private static LinkMessage propertiesButMac(LinkMessage message, Link link) {
    LinkMessage result = message;
    if (link.mtuBytes().isPresent()) {
      result = result.withMtu(link.mtuBytes().getAsInt());
    }
    for (Attribute a : link.attributes()) {
      result = result.withAttributes(result.attributes().with(a.type(), a.value()));
    }
    return result;
  }

  private int index(String link) throws NoSuchLinkException {
    OptionalInt index = links.index(link);
    if (index.isEmpty()) {
      throw new NoSuchLinkException(link);
    }
    return index.getAsInt();
  }

  private static Lladdr lladdr(MacAddress mac) {
    return Lladdr.of(mac.bytes());
  }

  private static Attributes attributes(List<Attribute> list) {
    Attributes attributes = Attributes.NONE;
    for (Attribute a : list) {
      attributes = attributes.with(a.type(), a.value());
    }
    return attributes;
  }

  /** The refusal of a write whose link is missing. */
  static Kernel.Refusal refusal(Write write, NoSuchLinkException e) {
    String text = write.object() + ": ENODEV (no link " + e.getMessage() + ")";
    return new Kernel.Refusal("ENODEV", text);
  }
}
