// SPDX-License-Identifier: Apache-2.0
package io.margay.core.sharing;

import io.margay.api.dataplane.NextHop;
import io.margay.api.dataplane.Route;
import io.margay.api.net.Cidr;
import io.margay.api.sharing.LearnedRoute;
import io.margay.api.sharing.RouteSource;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * What the route sharings have told. Nothing of it is dropped while it is not known whether it
 * still holds: what a source told last when it was in sync stays until it is in sync again, and the
 * routes that were in the kernel when the agent started stay until every source is. Confined to the
 * agent thread.
 */
public final class LearnedTable {
  /**
   * One route sharing.
   *
   * @param kept told before it fell out of sync; stays until it is in sync again
   * @param latest told last; with {@code kept}, only what is new
   */
  private record Source(List<LearnedRoute> kept, List<LearnedRoute> latest, boolean isInSync) {
    static final Source NOTHING = new Source(List.of(), List.of(), false);

    List<LearnedRoute> routes() {
      Map<Cidr, LearnedRoute> routes = new HashMap<>();
      kept.forEach(r -> routes.put(r.destination(), r));
      latest.forEach(r -> routes.putIfAbsent(r.destination(), r));
      return List.copyOf(routes.values());
    }
  }

  /** By name: of two that tell of one destination the first is believed. */
  private final SortedMap<String, Source> sources = new TreeMap<>();

  private List<LearnedRoute> found = List.of();
  private Map<Cidr, LearnedRoute> routes = Map.of();
  private Set<InetAddress> gateways = Set.of();
  private boolean isStale;

  /** The routes of ours that are in the kernel when the agent starts. */
  public void found(Collection<Route> kernel) {
    List<LearnedRoute> learned = new ArrayList<>();
    for (Route route : kernel) {
      // A route to a pod, or to what is on a tunnel, has no gateway: nobody learned it.
      boolean hasGateways = route.nextHops().stream().allMatch(n -> n.gateway().isPresent());
      boolean isOutside = route.metric() == RouteTruth.EXTERNAL_METRIC;
      if (hasGateways && (isOutside || !sources.isEmpty())) {
        learned.add(
            new LearnedRoute(route.destination(), hops(route.nextHops()), RouteSource.KERNEL));
      }
    }
    found = learned;
    isStale = true;
  }

  private static List<NextHop> hops(List<NextHop> found) {
    return found.stream().sorted(NextHopResolution.ORDER).toList();
  }

  /** A source is there, and will tell. */
  public void expect(String source) {
    isStale |= sources.putIfAbsent(source, Source.NOTHING) == null;
  }

  /** What a source knows now. */
  public void told(String source, Told now) {
    Source before = sources.getOrDefault(source, Source.NOTHING);
    List<LearnedRoute> kept = before.isInSync() ? before.latest() : before.kept();
    sources.put(
        source, new Source(now.isInSync() ? List.of() : kept, now.routes(), now.isInSync()));
    if (isInSync()) {
      found = List.of();
    }
    isStale = true;
  }

  /** A source has gone: what it told stays until it comes back and is in sync. */
  public void gone(String source) {
    Source before = sources.getOrDefault(source, Source.NOTHING);
    sources.put(source, new Source(before.routes(), List.of(), false));
  }

  /**
   * Lets go of what is only kept: what a source told before it fell out of sync, and when nobody
   * else is awaited, what was found in the kernel.
   *
   * @param isPresent whether the source is there, and will tell
   */
  public void forget(String source, boolean isPresent) {
    Source before = sources.remove(source);
    if (isPresent) {
      sources.put(source, new Source(List.of(), before.latest(), before.isInSync()));
    }
    if (source.equals(RouteSource.KERNEL) || awaited().stream().allMatch(source::equals)) {
      found = List.of();
    }
    isStale = true;
  }

  /** Whether there is a source, and every one is in sync. */
  public boolean isInSync() {
    return !sources.isEmpty() && awaited().isEmpty();
  }

  /** Sources that are gone or not in sync. */
  public List<String> awaited() {
    return sources.entrySet().stream()
        .filter(e -> !e.getValue().isInSync())
        .map(Map.Entry::getKey)
        .toList();
  }

  /** What is in force, by destination. The same map until something changes. */
  public Map<Cidr, LearnedRoute> routes() {
    refresh();
    return routes;
  }

  /** Gateways of these routes whose way is to be looked up. */
  public Set<InetAddress> gateways() {
    refresh();
    return gateways;
  }

  private void refresh() {
    if (isStale) {
      Map<Cidr, LearnedRoute> all = new HashMap<>();
      found.forEach(r -> all.put(r.destination(), r));
      for (Source told : sources.values()) {
        told.kept().forEach(r -> all.putIfAbsent(r.destination(), r));
        told.latest().forEach(r -> all.putIfAbsent(r.destination(), r));
      }
      routes = Collections.unmodifiableMap(all);
      gateways =
          all.values().stream()
              .flatMap(r -> r.nextHops().stream())
              .filter(hop -> hop.link().isEmpty())
              .flatMap(hop -> hop.gateway().stream())
              .collect(Collectors.toUnmodifiableSet());
      isStale = false;
    }
  }
}
