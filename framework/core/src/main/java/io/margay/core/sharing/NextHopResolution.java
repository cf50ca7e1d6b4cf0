// SPDX-License-Identifier: Apache-2.0
package io.margay.core.sharing;

import io.margay.api.dataplane.ActualState.FibResult;
import io.margay.api.dataplane.ActualState.Interface;
import io.margay.api.dataplane.NextHop;
import io.margay.api.net.Cidr;
import io.margay.core.plan.Underlay;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;

/**
 * The ways by which the kernel reaches what a protocol calls next hops: a gateway may be behind a
 * router, as the nodes of a mesh are. A next hop that cannot be reached is left out.
 */
final class NextHopResolution {
  /**
   * The ways to a destination's next hops, one for each that differs.
   *
   * @param hops in a fixed order, as {@link #ORDER} has it
   * @param why why one is missing, in a sentence; empty when none is
   */
  record Ways(List<NextHop> hops, String why) {}

  /** The kernel keeps the order given; a fixed one makes equal routes equal. */
  static final Comparator<NextHop> ORDER = Comparator.comparing(NextHop::toString);

  /** Of a mode's devices. */
  private static final String TUNNEL_ALIAS = "mode/";

  private final Underlay underlay;

  /** Of 100,000 routes most have the same few next hops. */
  private final Map<List<NextHop>, Ways> known = new HashMap<>();

  NextHopResolution(Underlay underlay) {
    this.underlay = underlay;
  }

  /** The ways to the next hops of a route to a destination. */
  Ways of(Cidr destination, List<NextHop> told) {
    List<NextHop> outside = told.stream().filter(h -> !isCircular(destination, h)).toList();
    Ways ways = known.computeIfAbsent(outside, this::resolve);
    return outside.size() == told.size()
        ? ways
        : new Ways(ways.hops(), "a next hop lies behind the route itself");
  }

  /** Whether a gateway would be reached by the very route that it is to serve. */
  private boolean isCircular(Cidr destination, NextHop hop) {
    return hop.link().isEmpty()
        && hop.gateway().filter(destination::contains).isPresent()
        && Optional.ofNullable(underlay.routes().get(hop.gateway().get()))
            .filter(way -> way.gateway().isPresent())
            .isPresent();
  }

  private Ways resolve(List<NextHop> told) {
    TreeSet<NextHop> hops = new TreeSet<>(ORDER);
    String why = "";
    for (NextHop hop : told) {
      Optional<NextHop> way = hop.link().isPresent() ? onLink(hop) : byLookup(hop);
      if (way.isPresent()) {
        hops.add(way.get());
      } else {
        why = "next hop " + hop + " cannot be reached";
      }
    }
    return new Ways(List.copyOf(hops), why);
  }

  private Optional<NextHop> onLink(NextHop hop) {
    return isUsable(hop.link().orElseThrow()) ? Optional.of(hop) : Optional.empty();
  }

  private Optional<NextHop> byLookup(NextHop hop) {
    InetAddress gateway = hop.gateway().orElseThrow();
    FibResult way = underlay.routes().get(gateway);
    if (way == null || way.local() || !isUsable(way.link())) {
      return Optional.empty();
    }
    InetAddress next = way.gateway().orElse(gateway);
    NextHop resolved = NextHop.via(next, way.link()).withWeight(hop.weight());
    return Optional.of(isCovered(next, way.link()) ? resolved : resolved.withOnlink());
  }

  private boolean isUsable(String link) {
    return underlay.links().stream()
        .anyMatch(l -> l.name().equals(link) && l.up() && !l.alias().startsWith(TUNNEL_ALIAS));
  }

  /** Whether the kernel finds the gateway on the link by itself. */
  private boolean isCovered(InetAddress gateway, String link) {
    return gateway instanceof Inet6Address && gateway.isLinkLocalAddress()
        || underlay.links().stream()
            .filter(l -> l.name().equals(link))
            .map(Interface::addresses)
            .flatMap(List::stream)
            .anyMatch(
                a ->
                    a.address().getClass() == gateway.getClass()
                        && Cidr.containing(a.address(), a.prefixLength()).contains(gateway));
  }
}
