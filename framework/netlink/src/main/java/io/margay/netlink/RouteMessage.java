// SPDX-License-Identifier: Apache-2.0
package io.margay.netlink;

import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.IntFunction;

/**
 * A route. linux/rtnetlink.h, struct rtmsg.
 *
 * @param destinationLength bits of the destination; 0 is the default route
 * @param headerTable table number, or RT_TABLE_UNSPEC where it needs more than a byte, see {@link
 *     #table}
 * @param protocol RTPROT_*: who made the route
 * @param scope RT_SCOPE_*
 * @param type RTN_*
 * @param flags RTNH_F_* and RTM_F_*
 */
public record RouteMessage(
    int family,
    int destinationLength,
    int sourceLength,
    int tos,
    int headerTable,
    int protocol,
    int scope,
    int type,
    int flags,
    Attributes attributes)
    implements Message {
  public static final int RTA_DST = 1;
  public static final int RTA_OIF = 4;
  public static final int RTA_GATEWAY = 5;
  public static final int RTA_PRIORITY = 6;
  public static final int RTA_PREFSRC = 7;
  public static final int RTA_METRICS = 8;
  public static final int RTA_MULTIPATH = 9;
  public static final int RTA_TABLE = 15;
  public static final int RTA_MARK = 16;
  public static final int RTA_VIA = 18;
  public static final int RTA_PREF = 20;
  public static final int RTA_ENCAP_TYPE = 21;
  public static final int RTA_ENCAP = 22;
  public static final int RTA_NH_ID = 30;
  public static final int RTAX_LOCK = 1;
  public static final int RTAX_MTU = 2;

  public static final int RT_TABLE_MAIN = 254;
  public static final int RT_TABLE_LOCAL = 255;
  public static final int RTPROT_KERNEL = 2;
  public static final int RTPROT_BOOT = 3;
  public static final int RTPROT_STATIC = 4;
  public static final int RT_SCOPE_UNIVERSE = 0;
  public static final int RT_SCOPE_LINK = 253;
  public static final int RT_SCOPE_HOST = 254;

  /** In a request to delete: any scope. */
  public static final int RT_SCOPE_NOWHERE = 255;

  public static final int RTN_UNICAST = 1;
  public static final int RTN_LOCAL = 2;
  public static final int RTN_BLACKHOLE = 6;
  public static final int RTN_UNREACHABLE = 7;
  public static final int RTN_PROHIBIT = 8;
  public static final int RTN_THROW = 9;

  /** The next hop is no longer usable: its device lost the carrier or is down. */
  public static final int RTNH_F_DEAD = 1;

  public static final int RTNH_F_ONLINK = 4;

  public static final int RTNH_F_LINKDOWN = 16;

  /** A copy made for one flow (IPv6), no entry of the table. */
  public static final int RTM_F_CLONED = 0x200;

  private static final List<String> TYPE_NAMES =
      List.of(
          "unspec",
          "unicast",
          "local",
          "broadcast",
          "anycast",
          "multicast",
          "blackhole",
          "unreachable",
          "prohibit",
          "throw",
          "nat",
          "xresolve");
  private static final int HEADER_BYTES = 12;
  private static final Shape.Table SHAPES =
      new Shape.Table()
          .put(Shape.IP, RTA_DST, RTA_GATEWAY, RTA_PREFSRC)
          .put(Shape.U32, RTA_OIF, RTA_PRIORITY, RTA_TABLE, RTA_MARK, RTA_NH_ID)
          .put(Shape.U16, RTA_ENCAP_TYPE)
          .put(Shape.NESTED, RTA_METRICS);

  /**
   * A unicast route of the main table, protocol boot, global scope: what {@code ip route add}
   * makes.
   */
  public static RouteMessage to(InetAddress destination, int prefixLength) {
    return to(destination, prefixLength, RTPROT_BOOT, RT_SCOPE_UNIVERSE, RTN_UNICAST);
  }

  /** A route of the main table. */
  public static RouteMessage to(
      InetAddress destination, int prefixLength, int protocol, int scope, int type) {
    Attributes a =
        prefixLength == 0 ? Attributes.NONE : Attributes.NONE.withIp(RTA_DST, destination);
    return new RouteMessage(
        Ip.family(destination), prefixLength, 0, 0, RT_TABLE_MAIN, protocol, scope, type, 0, a);
  }

  private RouteMessage with(
      int newTable, int newProtocol, int newScope, int newType, int newFlags, Attributes a) {
    return new RouteMessage(
        family,
        destinationLength,
        sourceLength,
        tos,
        newTable,
        newProtocol,
        newScope,
        newType,
        newFlags,
        a);
  }

  public RouteMessage withAttributes(Attributes a) {
    return with(headerTable, protocol, scope, type, flags, a);
  }

  public RouteMessage withTable(int table) {
    return table < 256
        ? with(table, protocol, scope, type, flags, attributes.without(RTA_TABLE))
        : with(0, protocol, scope, type, flags, attributes.withU32(RTA_TABLE, table));
  }

  public RouteMessage withProtocol(int newProtocol) {
    return with(headerTable, newProtocol, scope, type, flags, attributes);
  }

  public RouteMessage withScope(int newScope) {
    return with(headerTable, protocol, newScope, type, flags, attributes);
  }

  public RouteMessage withType(int newType) {
    return with(headerTable, protocol, scope, newType, flags, attributes);
  }

  /** With a gateway that is taken to be on the device's link, whatever the addresses say. */
  public RouteMessage withOnlink() {
    return with(headerTable, protocol, scope, type, flags | RTNH_F_ONLINK, attributes);
  }

  public RouteMessage withDevice(int index) {
    return withAttributes(attributes.withU32(RTA_OIF, index));
  }

  /** With a gateway of the same or of the other family. */
  public RouteMessage withGateway(InetAddress gateway) {
    return withAttributes(NextHop.withGateway(attributes, family, gateway));
  }

  /** Lower wins; 0 is IPv4's default, IPv6 turns 0 into 1024. */
  public RouteMessage withMetric(int metric) {
    return withAttributes(attributes.withU32(RTA_PRIORITY, metric));
  }

  /** With the source address of packets that this node itself sends. */
  public RouteMessage withPreferredSource(InetAddress source) {
    return withAttributes(attributes.withIp(RTA_PREFSRC, source));
  }

  /** With the largest packet this route takes. */
  public RouteMessage withMtu(int mtuBytes) {
    Attributes metrics = attributes.nested(RTA_METRICS).orElse(Attributes.NONE);
    return withAttributes(attributes.withNested(RTA_METRICS, metrics.withU32(RTAX_MTU, mtuBytes)));
  }

  /**
   * As {@link #withMtu}, and nothing but another request changes it: neither path MTU discovery
   * nor, for IPv6, a change of the device's MTU.
   */
  public RouteMessage withLockedMtu(int mtuBytes) {
    RouteMessage route = withMtu(mtuBytes);
    Attributes metrics = route.attributes.nested(RTA_METRICS).orElseThrow();
    return route.withAttributes(
        route.attributes.withNested(RTA_METRICS, metrics.withU32(RTAX_LOCK, 1 << RTAX_MTU)));
  }

  /** With several next hops in place of a device and gateway. */
  public RouteMessage withNextHops(List<NextHop> nextHops) {
    return withAttributes(attributes.with(RTA_MULTIPATH, NextHop.encode(nextHops)));
  }

  /** With light-weight encapsulation: LWTUNNEL_ENCAP_* and that type's attributes. */
  public RouteMessage withEncap(int encapType, Attributes encap) {
    return withAttributes(
        attributes.withU16(RTA_ENCAP_TYPE, encapType).withNested(RTA_ENCAP, encap));
  }

  /** The destination; {@code 0.0.0.0} or {@code ::} for the default route. */
  public InetAddress destination() {
    return attributes.ip(RTA_DST).orElseGet(() -> Ip.any(family));
  }

  public int table() {
    return attributes.u32(RTA_TABLE).orElse(headerTable);
  }

  /** The device; absent on a blackhole and on a route with several next hops. */
  public OptionalInt device() {
    return attributes.u32(RTA_OIF);
  }

  public Optional<InetAddress> gateway() {
    return NextHop.gateway(attributes);
  }

  /** The metric; 0 where IPv4 has none. */
  public int metric() {
    return attributes.u32(RTA_PRIORITY).orElse(0);
  }

  public Optional<InetAddress> preferredSource() {
    return attributes.ip(RTA_PREFSRC);
  }

  public OptionalInt mtuBytes() {
    return attributes
        .nested(RTA_METRICS)
        .map(metrics -> metrics.u32(RTAX_MTU))
        .orElse(OptionalInt.empty());
  }

  public boolean isOnlink() {
    return (flags & RTNH_F_ONLINK) != 0;
  }

  /** The next hops of a multipath route; empty for any other. */
  public List<NextHop> nextHops() {
    return attributes.get(RTA_MULTIPATH).flatMap(NextHop::tryDecode).orElse(List.of());
  }

  public OptionalInt encapType() {
    return attributes.u16(RTA_ENCAP_TYPE);
  }

  /** The attributes of the encapsulation; {@link Attributes#NONE} where there is none. */
  public Attributes encap() {
    return attributes.nested(RTA_ENCAP).orElse(Attributes.NONE);
  }

  @Override
  public int newType() {
    return RTM_NEWROUTE;
  }

  @Override
  public String noun() {
    return "route";
  }

  @Override
  public void encode(ByteBuffer out) {
    out.put((byte) family).put((byte) destinationLength).put((byte) sourceLength).put((byte) tos);
    out.put((byte) headerTable).put((byte) protocol).put((byte) scope).put((byte) type);
    out.putInt(flags);
    attributes.encode(out);
  }

  static RouteMessage decode(ByteBuffer in) throws NetlinkException {
    Message.requireHeader("route", in, HEADER_BYTES);
    int family = in.get() & 0xff;
    int destinationLength = in.get() & 0xff;
    int sourceLength = in.get() & 0xff;
    int tos = in.get() & 0xff;
    int table = in.get() & 0xff;
    int protocol = in.get() & 0xff;
    int scope = in.get() & 0xff;
    int type = in.get() & 0xff;
    int flags = in.getInt();
    Attributes attributes = SHAPES.check("route", Attributes.decode(in));
    Optional<byte[]> multipath = attributes.get(RTA_MULTIPATH);
    if (multipath.isPresent() && NextHop.tryDecode(multipath.get()).isEmpty()) {
      throw NetlinkException.malformed("route: RTA_MULTIPATH");
    }
    return new RouteMessage(
        family,
        destinationLength,
        sourceLength,
        tos,
        table,
        protocol,
        scope,
        type,
        flags,
        attributes);
  }

  @Override
  public String describe(IntFunction<String> deviceName) {
    StringBuilder text = new StringBuilder();
    if (type != RTN_UNICAST) {
      text.append(type < TYPE_NAMES.size() ? TYPE_NAMES.get(type) : "type " + type).append(' ');
    }
    text.append(destinationLength == 0 ? "default" : Ip.prefix(destination(), destinationLength));
    gateway().ifPresent(via -> text.append(" via ").append(via.getHostAddress()));
    device().ifPresent(index -> text.append(" dev ").append(deviceName.apply(index)));
    if (table() != RT_TABLE_MAIN && table() != 0) {
      text.append(" table ").append(table());
    }
    if (metric() != 0) {
      text.append(" metric ").append(metric());
    }
    if (isOnlink()) {
      text.append(" onlink");
    }
    for (NextHop hop : nextHops()) {
      text.append(" nexthop");
      hop.gateway().ifPresent(via -> text.append(" via ").append(via.getHostAddress()));
      text.append(" dev ").append(deviceName.apply(hop.index()));
    }
    return text.toString();
  }
}
