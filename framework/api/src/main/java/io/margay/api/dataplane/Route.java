// SPDX-License-Identifier: Apache-2.0
package io.margay.api.dataplane;

import io.margay.api.net.Cidr;
import io.margay.api.net.Ip;
import io.margay.api.net.IpFamily;
import java.net.InetAddress;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * A route. Changed only by one RTM_NEWROUTE with NLM_F_REPLACE, so that no packet finds a gap.
 *
 * <p>The dataplane gives each route its own protocol number, by which it recognises it later.
 */
public final class Route implements KernelObject {
  /** Table {@code main}, linux/rtnetlink.h RT_TABLE_MAIN. */
  public static final int MAIN_TABLE = 254;

  /**
   * The kernel's key.
   *
   * @param metric as the kernel stores it: an IPv6 route declared with 0 has 1024
   */
  public record Key(Cidr destination, int table, long metric) {
    // By hand: tables of 100,000 routes ask for nothing else, and a record's own are slower.
    @Override
    public boolean equals(Object other) {
      return other instanceof Key key
          && table == key.table
          && metric == key.metric
          && destination.equals(key.destination);
    }

    @Override
    public int hashCode() {
      return destination.hashCode() + 31 * table + Long.hashCode(metric);
    }
  }

  /** What happens to a packet; linux/rtnetlink.h RTN_*. */
  public enum Type {
    UNICAST,
    LOCAL,
    BLACKHOLE,
    UNREACHABLE,
    PROHIBIT
  }

  /**
   * A lightweight tunnel.
   *
   * @param type linux/lwtunnel.h LWTUNNEL_ENCAP_*
   * @param attributes what that type defines
   */
  public record Encap(int type, List<Attribute> attributes) {
    public Encap {
      attributes = List.copyOf(attributes);
    }
  }

  private static final int IPV6_DEFAULT_METRIC = 1024;

  private final Cidr destination;
  private final int table;
  private final long metric;
  private final Type type;
  private final List<NextHop> nextHops;
  private final Optional<InetAddress> source;
  private final OptionalInt mtuBytes;
  private final Optional<Encap> encap;

  private Route(
      Cidr destination,
      int table,
      long metric,
      Type type,
      List<NextHop> nextHops,
      Optional<InetAddress> source,
      OptionalInt mtuBytes,
      Optional<Encap> encap) {
    this.destination = destination;
    this.table = table;
    this.metric = metric;
    this.type = type;
    this.nextHops = nextHops;
    this.source = source;
    this.mtuBytes = mtuBytes;
    this.encap = encap;
  }

  /** A route in the main table with the kernel's default metric. */
  public static Route of(Cidr destination, NextHop nextHop) {
    return of(destination, Type.UNICAST, List.of(nextHop));
  }

  /** A route over several next hops of equal cost. */
  public static Route of(Cidr destination, List<NextHop> nextHops) {
    if (nextHops.isEmpty()) {
      throw new IllegalArgumentException(
          "route " + destination + ": no next hop (expected: at least one)");
    }
    return of(destination, Type.UNICAST, nextHops);
  }

  /** A route that drops silently. */
  public static Route blackhole(Cidr destination) {
    return of(destination, Type.BLACKHOLE, List.of());
  }

  /** A route of a type that needs no next hop, or LOCAL. */
  public static Route of(Cidr destination, Type type, List<NextHop> nextHops) {
    return new Route(
        Objects.requireNonNull(destination),
        MAIN_TABLE,
        0,
        type,
        List.copyOf(nextHops),
        Optional.empty(),
        OptionalInt.empty(),
        Optional.empty());
  }

  public Route withTable(int value) {
    return new Route(destination, value, metric, type, nextHops, source, mtuBytes, encap);
  }

  /** Priority among routes to one destination, lower wins; 0..4294967295. */
  public Route withMetric(long value) {
    return new Route(destination, table, value, type, nextHops, source, mtuBytes, encap);
  }

  /** Source address that the host itself prefers on this route. */
  public Route withSource(InetAddress value) {
    return new Route(
        destination, table, metric, type, nextHops, Optional.of(value), mtuBytes, encap);
  }

  /** RTAX_MTU: largest packet over this route, in bytes. */
  public Route withMtuBytes(int value) {
    return new Route(
        destination, table, metric, type, nextHops, source, OptionalInt.of(value), encap);
  }

  /**
   * Puts packets into a lightweight tunnel before they go.
   *
   * @throws IllegalArgumentException the route has several next hops
   */
  public Route withEncap(Encap value) {
    if (nextHops.size() > 1) {
      throw new IllegalArgumentException(
          "route " + destination + ": encap and " + nextHops.size() + " next hops (expected: one)");
    }
    return new Route(
        destination, table, metric, type, nextHops, source, mtuBytes, Optional.of(value));
  }

  public Cidr destination() {
    return destination;
  }

  public int table() {
    return table;
  }

  /** As declared; see {@link #keyMetric} for what the kernel makes of 0. */
  public long metric() {
    return metric;
  }

  public Type type() {
    return type;
  }

  public List<NextHop> nextHops() {
    return nextHops;
  }

  public Optional<InetAddress> source() {
    return source;
  }

  public OptionalInt mtuBytes() {
    return mtuBytes;
  }

  public Optional<Encap> encap() {
    return encap;
  }

  /** The metric as the kernel stores it, which makes 1024 of an IPv6 route's 0. */
  public long keyMetric() {
    boolean defaulted = metric == 0 && destination.family() == IpFamily.IPV6;
    return defaulted ? IPV6_DEFAULT_METRIC : metric;
  }

  @Override
  public Key key() {
    return new Key(destination, table, keyMetric());
  }

  @Override
  public Kind kind() {
    return Kind.ROUTE;
  }

  @Override
  public boolean equals(Object o) {
    return o instanceof Route r
        && r.destination.equals(destination)
        && r.table == table
        && r.metric == metric
        && r.type == type
        && r.nextHops.equals(nextHops)
        && r.source.equals(source)
        && r.mtuBytes.equals(mtuBytes)
        && r.encap.equals(encap);
  }

  @Override
  public int hashCode() {
    return Objects.hash(destination, table, metric, type, nextHops);
  }

  @Override
  public String toString() {
    StringBuilder out = new StringBuilder("route ");
    out.append(type == Type.UNICAST ? "" : type.name().toLowerCase(java.util.Locale.ROOT) + " ");
    out.append(destination);
    encap.ifPresent(e -> out.append(" encap ").append(e.type()).append(e.attributes()));
    if (nextHops.size() == 1) {
      out.append(' ').append(nextHops.get(0));
    } else {
      nextHops.forEach(
          n -> out.append(" nexthop ").append(n).append(" weight ").append(n.weight()));
    }
    out.append(table == MAIN_TABLE ? "" : " table " + table);
    out.append(metric == 0 ? "" : " metric " + metric);
    source.ifPresent(s -> out.append(" src ").append(Ip.text(s)));
    mtuBytes.ifPresent(m -> out.append(" mtu ").append(m));
    return out.toString();
  }
}
