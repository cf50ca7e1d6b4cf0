// SPDX-License-Identifier: Apache-2.0
package io.margay.core.plan;

import io.margay.api.dataplane.ActualState;
import io.margay.api.dataplane.ActualState.FibResult;
import io.margay.api.dataplane.ActualState.Interface;
import io.margay.api.dataplane.Address;
import io.margay.api.mode.Peer.Gateway;
import io.margay.api.net.IpFamily;
import java.net.InetAddress;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The node network as the kernel has it: interfaces, and the way to other nodes.
 *
 * @param asked addresses whose route was asked for
 * @param routes the answers; an address without a route is missing
 * @param routerAdvertised links that take addresses and routes from IPv6 routers unless the node
 *     forwards: those whose {@code accept_ra} is 1
 * @param rpFilter {@code rp_filter} of each link, of {@code all} and of {@code default}; empty when
 *     it is not ours to change
 */
public record Underlay(
    List<Interface> links,
    Set<InetAddress> asked,
    Map<InetAddress, FibResult> routes,
    Set<String> routerAdvertised,
    Map<String, Integer> rpFilter) {
  /** Settings of links below {@code /proc/sys}. */
  public interface LinkSettings {
    /** Whether {@code accept_ra} of a link is 1; may block. */
    boolean acceptsRouters(String link);

    /** {@code rp_filter} of a link; empty when it is not ours to change; may block. */
    OptionalInt rpFilter(String link);
  }

  public Underlay {
    links = List.copyOf(links);
    asked = Set.copyOf(asked);
    routes = Map.copyOf(routes);
    routerAdvertised = Set.copyOf(routerAdvertised);
    rpFilter = Map.copyOf(rpFilter);
  }

  /** What the kernel answered to a lookup of these addresses. */
  public static Underlay of(
      ActualState actual, Collection<InetAddress> asked, LinkSettings settings) {
    Set<String> routerAdvertised =
        actual.links().stream()
            .filter(Underlay::hasGlobalIpv6)
            .map(Interface::name)
            .filter(settings::acceptsRouters)
            .collect(Collectors.toUnmodifiableSet());
    return new Underlay(
        actual.links(),
        Set.copyOf(asked),
        actual.lookups(),
        routerAdvertised,
        rpFilter(actual.links(), settings));
  }

  /** Of pods' links, of which there may be hundreds, only when {@code all} rules them. */
  private static Map<String, Integer> rpFilter(List<Interface> links, LinkSettings settings) {
    OptionalInt all = settings.rpFilter("all");
    Map<String, Integer> values = new HashMap<>();
    if (all.isPresent()) {
      values.put("all", all.getAsInt());
      settings.rpFilter("default").ifPresent(v -> values.put("default", v));
      links.stream()
          .filter(link -> all.getAsInt() == 1 || hasIpv4(link))
          .map(Interface::name)
          .forEach(name -> settings.rpFilter(name).ifPresent(v -> values.put(name, v)));
    }
    return values;
  }

  private static boolean hasIpv4(Interface link) {
    return link.addresses().stream().anyMatch(a -> IpFamily.of(a.address()) == IpFamily.IPV4);
  }

  /** Pods' links, of which there may be hundreds, have only link-local ones. */
  private static boolean hasGlobalIpv6(Interface link) {
    return link.addresses().stream()
        .map(Address::address)
        .anyMatch(a -> IpFamily.of(a) == IpFamily.IPV6 && !a.isLinkLocalAddress());
  }

  /** The next hop towards an address; empty when the kernel has no way, or it is our own. */
  public Optional<Gateway> gateway(InetAddress address) {
    return Optional.ofNullable(routes.get(address))
        .filter(r -> !r.local())
        .map(r -> new Gateway(r.gateway().orElse(address), r.link()));
  }

  public boolean hasLink(String name) {
    return links.stream().anyMatch(l -> l.name().equals(name));
  }

  /** The interface that has this address. */
  public Optional<Interface> linkOf(InetAddress address) {
    return links.stream()
        .filter(l -> l.addresses().stream().anyMatch(a -> a.address().equals(address)))
        .findFirst();
  }
}
