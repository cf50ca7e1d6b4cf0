// SPDX-License-Identifier: Apache-2.0
package io.margay.core.sharing;

import io.margay.api.dataplane.NextHop;
import io.margay.api.dataplane.Route;
import io.margay.api.net.Cidr;
import io.margay.api.net.InterfaceAddress;
import io.margay.api.sharing.LearnedRoute;
import io.margay.api.sharing.RouteSource;
import io.margay.core.plan.Destinations;
import io.margay.core.plan.Destinations.Claim;
import io.margay.core.plan.Underlay;
import io.margay.core.view.ClusterView;
import io.margay.core.view.NodeEntry;
import io.margay.core.view.PoolEntry;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * Whom this node believes about each destination: a pure function of the view, the node network and
 * what was learned. Whose a block is, the store alone says; by which way its packets go, route
 * sharing says, for the pools that learn their routes. Where it is silent, the store's knowledge
 * carries the block. Immutable.
 */
public final class RouteTruth {
  /**
   * Metric of routes from outside, IPv4 and IPv6: a restarted agent knows them by it, and every
   * route of the host's own to the same destination wins.
   */
  public static final long EXTERNAL_METRIC = 2048;

  private final Map<Cidr, String> stored;
  private final Map<Cidr, Claim> claims = new HashMap<>();
  private final List<Route> external = new ArrayList<>();
  private final Map<Cidr, LearnedRoute> learned;
  private final Map<Cidr, String> notes = new HashMap<>();
  private final ClusterView view;
  private final NextHopResolution nextHops;
  private final Map<InetAddress, String> nodes = new HashMap<>();
  private final OutsideRules rules;

  private RouteTruth(ClusterView view, Underlay underlay, Map<Cidr, LearnedRoute> learned) {
    this.view = view;
    nextHops = new NextHopResolution(underlay);
    this.learned = learned;
    stored = Destinations.stored(view);
    for (NodeEntry node : view.nodes().values()) {
      for (InterfaceAddress address : node.addresses().values()) {
        nodes.put(address.address(), node.name());
      }
    }
    rules = new OutsideRules(view, underlay, nodes.keySet());
  }

  /** Judges everything that was learned. */
  public static RouteTruth of(
      ClusterView view, Underlay underlay, Map<Cidr, LearnedRoute> learned) {
    RouteTruth truth = new RouteTruth(view, underlay, learned);
    learned.values().forEach(truth::judge);
    truth.external.sort(Comparator.comparing(Route::destination));
    return truth;
  }

  /** What is believed of destinations in pools, for {@link Destinations#byPool}. */
  public Map<Cidr, Claim> claims() {
    return claims;
  }

  /** Routes to what is in no pool, ordered by destination. */
  public List<Route> external() {
    return external;
  }

  /** Every destination with its source, ordered. */
  public List<RouteSource> sources() {
    Map<Cidr, Route> outside = new HashMap<>();
    external.forEach(r -> outside.put(r.destination(), r));
    Set<Cidr> all = new TreeSet<>(learned.keySet());
    all.addAll(stored.keySet());
    List<RouteSource> sources = new ArrayList<>();
    for (Cidr cidr : all) {
      Optional<PoolEntry> pool = view.poolOf(cidr);
      List<NextHop> hops =
          claims.containsKey(cidr)
              ? claims.get(cidr).nextHops()
              : outside.containsKey(cidr) ? outside.get(cidr).nextHops() : List.of();
      sources.add(
          new RouteSource(
              cidr,
              pool.map(PoolEntry::name),
              source(cidr, outside.keySet()),
              hops,
              note(cidr, pool)));
    }
    return sources;
  }

  private Optional<String> source(Cidr cidr, Set<Cidr> outside) {
    if (claims.containsKey(cidr) || outside.contains(cidr)) {
      return Optional.of(learned.get(cidr).source());
    }
    return stored.containsKey(cidr) ? Optional.of(RouteSource.STORE) : Optional.empty();
  }

  private String note(Cidr cidr, Optional<PoolEntry> pool) {
    boolean isSilent =
        pool.filter(PoolEntry::learnsRoutes).isPresent() && !learned.containsKey(cidr);
    return notes.getOrDefault(cidr, isSilent ? "no route sharing tells of it" : "");
  }

  private void judge(LearnedRoute route) {
    Cidr cidr = route.destination();
    Optional<PoolEntry> pool = view.poolOf(cidr);
    Optional<String> whyNot = rules.whyOurs(cidr, pool.isPresent());
    if (whyNot.isPresent()) {
      notes.put(cidr, whyNot.get());
    } else if (pool.isPresent()) {
      judge(route, pool.get());
    } else if (stored.containsKey(cidr)) {
      notes.put(cidr, "a block without a pool keeps the route that it has");
    } else {
      judgeOutside(route);
    }
  }

  private void judgeOutside(LearnedRoute route) {
    Cidr cidr = route.destination();
    Optional<String> whyNot = rules.whyHarmful(cidr);
    if (whyNot.isPresent()) {
      notes.put(cidr, whyNot.get());
      return;
    }
    NextHopResolution.Ways ways = nextHops.of(cidr, route.nextHops());
    note(cidr, ways.why());
    if (!ways.hops().isEmpty()) {
      external.add(Route.of(cidr, ways.hops()).withMetric(EXTERNAL_METRIC));
    }
  }

  private void judge(LearnedRoute route, PoolEntry pool) {
    Cidr cidr = route.destination();
    if (!pool.learnsRoutes()) {
      notes.put(cidr, "the pool has its routes from the store");
      return;
    }
    Optional<String> owner =
        Optional.ofNullable(stored.get(cidr)).filter(view.nodes()::containsKey);
    List<NextHop> believed = new ArrayList<>();
    Set<String> claimants = new TreeSet<>();
    for (NextHop hop : route.nextHops()) {
      Optional<String> node = hop.gateway().map(nodes::get);
      if (node.filter(view.self()::equals).isPresent()) {
        notes.put(cidr, "a next hop is this node");
      } else if (owner.isPresent() && node.isPresent() && !node.equals(owner)) {
        notes.put(cidr, node.get() + " claims it, and by the store " + owner.get() + " has it");
      } else {
        node.ifPresent(claimants::add);
        believed.add(hop);
      }
    }
    Optional<String> node =
        owner.or(() -> claimants.size() == 1 ? claimants.stream().findFirst() : Optional.empty());
    NextHopResolution.Ways ways = nextHops.of(cidr, believed);
    if (!route.source().equals(RouteSource.KERNEL)) {
      note(cidr, ways.why()); // One found in the kernel may lead into a tunnel: that is no fault.
    }
    if (!ways.hops().isEmpty() || owner.isEmpty() && node.isPresent()) {
      claim(new Claim(cidr, node, ways.hops()), pool);
    }
  }

  /** Modes with tunnels send to nodes: what nobody has, they cannot reach. */
  private void claim(Claim claim, PoolEntry pool) {
    if (claim.node().isPresent() || pool.mode().name().equals("direct")) {
      claims.put(claim.cidr(), claim);
    } else {
      notes.put(claim.cidr(), "no node has it, and mode " + pool.mode() + " sends only to nodes");
    }
  }

  private void note(Cidr cidr, String text) {
    if (!text.isEmpty()) {
      notes.put(cidr, text);
    }
  }
}
