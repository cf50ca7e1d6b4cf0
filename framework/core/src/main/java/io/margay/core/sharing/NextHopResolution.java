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
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;

/**
 * The way by which the kernel reaches what a protocol calls a next hop: the gateway may be behind a
 * router, as the nodes of a mesh are. A next hop that cannot be reached is left out.
 *
 * @param hops in a fixed order, as {@link #ORDER} has it
 * @param why why one is missing, in a sentence; empty when none is
 */
record NextHopResolution(List<NextHop> hops, String why) {
  /** The kernel keeps the order given; a fixed one makes equal routes equal. */
  static final Comparator<NextHop> ORDER = Comparator.comparing(NextHop::toString);

  /** Of a mode's devices. */
  private static final String TUNNEL_ALIAS = "mode/";

  /** The ways to a destination's next hops, one for each that differs. */
  static NextHopResolution of(Cidr destination, Iterable<NextHop> told, Underlay underlay) {
    TreeSet<NextHop> hops = new TreeSet<>(ORDER);
    String why = "";
    for (NextHop hop : told) {
      Optional<NextHop> way =
          hop.link().isPresent() ? onLink(hop, underlay) : byLookup(destination, hop, underlay);
      if (way.isPresent()) {
        hops.add(way.get());
      } else {
        why = "next hop " + hop + " cannot be reached";
      }
    }
    return new NextHopResolution(List.copyOf(hops), why);
  }

  private static Optional<NextHop> onLink(NextHop hop, Underlay underlay) {
    return isUsable(hop.link().orElseThrow(), underlay) ? Optional.of(hop) : Optional.empty();
  }

  private static Optional<NextHop> byLookup(Cidr destination, NextHop hop, Underlay underlay) {
    InetAddress gateway = hop.gateway().orElseThrow();
    FibResult way = underlay.routes().get(gateway);
    if (way == null || way.local() || !isUsable(way.link(), underlay)) {
      return Optional.empty();
    }
    if (way.gateway().isPresent() && destination.contains(gateway)) {
      return Optional.empty(); // It would be reached by the very route that it is to serve.
    }
    InetAddress next = way.gateway().orElse(gateway);
    NextHop resolved = NextHop.via(next, way.link()).withWeight(hop.weight());
    return Optional.of(isCovered(next, way.link(), underlay) ? resolved : resolved.withOnlink());
  }

  private static boolean isUsable(String link, Underlay underlay) {
    return underlay.links().stream()
        .anyMatch(l -> l.name().equals(link) && l.up() && !l.alias().startsWith(TUNNEL_ALIAS));
  }

  /** Whether the kernel finds the gateway on the link by itself. */
  private static boolean isCovered(InetAddress gateway, String link, Underlay underlay) {
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
