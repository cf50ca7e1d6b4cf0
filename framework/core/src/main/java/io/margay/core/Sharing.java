// SPDX-License-Identifier: Apache-2.0
package io.margay.core;

import io.margay.api.dataplane.Cause;
import io.margay.api.dataplane.DesiredState;
import io.margay.api.dataplane.KernelObject;
import io.margay.api.dataplane.Owner;
import io.margay.api.dataplane.Route;
import io.margay.api.mode.LocalNode;
import io.margay.api.net.Cidr;
import io.margay.api.net.Ip;
import io.margay.api.resource.BgpConfiguration;
import io.margay.api.sharing.LearnedRoute;
import io.margay.api.sharing.RouteSharing;
import io.margay.api.sharing.RouteSource;
import io.margay.api.sharing.RouteSources;
import io.margay.core.plan.Underlay;
import io.margay.core.sharing.LearnedTable;
import io.margay.core.sharing.RouteTruth;
import io.margay.core.sharing.Told;
import io.margay.core.view.ClusterView;
import io.margay.core.view.CoreSharingView;
import io.margay.core.view.Mirror;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells the route sharings what to share, judges what they learn, and declares the routes to what
 * is in no pool. Confined to the agent thread.
 */
final class Sharing implements RouteSources {
  private static final Logger LOG = LoggerFactory.getLogger(Sharing.class);

  /** A service and its name, which is asked only once. */
  private record Service(String name, RouteSharing sharing) {}

  /** What the latest judgement was made of. */
  private record Judged(
      ClusterView view, Underlay underlay, Map<Cidr, LearnedRoute> learned, RouteTruth truth) {
    boolean isOf(ClusterView now, Underlay network, Map<Cidr, LearnedRoute> routes) {
      return learned == routes && underlay.equals(network) && view.equals(now);
    }
  }

  private final AgentThread agent;
  private final Mirror mirror;
  private final Declarations declarations;
  private final Triggers triggers;
  private final Runnable onChange;
  private final Runnable onWayChange;
  private final SortedMap<Long, Service> services = new TreeMap<>();

  /** By the name of the service, or by kind. */
  private final SortedMap<String, String> faults = new TreeMap<>();

  private final LearnedTable table = new LearnedTable();
  private Optional<CoreSharingView> shared = Optional.empty();
  private Optional<Judged> judged = Optional.empty();
  private boolean hasLookedAtKernel;

  /** For commands, on any thread. */
  private volatile Optional<RouteTruth> latest = Optional.empty();

  private volatile List<String> awaited = List.of();

  /**
   * A sharing without services.
   *
   * @param onChange called when the view is to be planned again
   * @param onWayChange called when the ways to addresses are to be looked up again: a route of ours
   *     may lead to them now, and of our own routes nobody tells
   */
  Sharing(
      AgentThread agent,
      Mirror mirror,
      Declarations declarations,
      Triggers triggers,
      Runnable onChange,
      Runnable onWayChange) {
    this.agent = agent;
    this.mirror = mirror;
    this.declarations = declarations;
    this.triggers = triggers;
    this.onChange = onChange;
    this.onWayChange = onWayChange;
  }

  void bind(long id, RouteSharing service, String name) {
    Service added = new Service(name, service);
    services.put(id, added);
    table.expect(name);
    shared.ifPresent(view -> share(added, view));
    tableChanged();
  }

  /** What the service has told stays, unless another of its name goes on. */
  void unbind(long id) {
    Service gone = services.remove(id);
    if (gone != null && services.values().stream().noneMatch(s -> s.name().equals(gone.name()))) {
      faults.remove(gone.name());
      table.gone(gone.name());
      tableChanged();
    }
  }

  void learned(String source, Told told) {
    Map<Cidr, LearnedRoute> before = table.routes();
    table.told(source, told);
    triggers.add(Cause.Kind.LEARNED, source + ": " + news(before, table.routes()));
    tableChanged();
  }

  /** Lets go of what is kept of a source that is gone or not in sync. */
  void forget(String source) {
    boolean isPresent = services.values().stream().anyMatch(s -> s.name().equals(source));
    LOG.info("What was learned is forgotten source={} present={}", source, isPresent);
    table.forget(source, isPresent);
    triggers.add(Cause.Kind.OPERATOR, "route:forget " + source);
    tableChanged();
  }

  /** What a peer told, in words: the first route that is new or gone, and how many more. */
  private static String news(Map<Cidr, LearnedRoute> before, Map<Cidr, LearnedRoute> now) {
    LearnedRoute first = null;
    int count = 0;
    for (LearnedRoute route : now.values()) {
      if (!route.equals(before.get(route.destination()))) {
        first = count++ == 0 ? route : first;
      }
    }
    boolean isGone = false;
    for (LearnedRoute route : before.values()) {
      if (!now.containsKey(route.destination())) {
        isGone |= count == 0;
        first = count++ == 0 ? route : first;
      }
    }
    if (first == null) {
      return "in sync";
    }
    String hops =
        first.nextHops().stream()
            .flatMap(hop -> hop.gateway().stream())
            .map(Ip::text)
            .collect(Collectors.joining(" and "));
    return (count == 1 ? "" : count + " routes, first ")
        + first.destination()
        + " via "
        + hops
        + (isGone ? " withdrawn" : "");
  }

  private void tableChanged() {
    awaited = table.awaited();
    onChange.run();
  }

  /** Gateways of learned routes, whose ways must be looked up before {@link #plan}. */
  Set<InetAddress> gateways() {
    return table.gateways();
  }

  /**
   * Takes note, once, of the routes that the agent finds when it starts; not of probes, nor of what
   * a mode has standing: routes to what is in no pool, with a metric other than that of ours.
   */
  void found(ClusterView now, Collection<Route> routes) {
    if (!hasLookedAtKernel) {
      hasLookedAtKernel = true;
      Set<Cidr> tunnels =
          now.nodes().values().stream()
              .flatMap(n -> n.tunnelAddresses().values().stream())
              .map(Cidr::host)
              .collect(Collectors.toSet());
      table.found(
          routes.stream()
              .filter(r -> !tunnels.contains(r.destination()))
              .filter(
                  r ->
                      r.metric() == RouteTruth.EXTERNAL_METRIC
                          || now.poolOf(r.destination()).isPresent())
              .toList());
    }
  }

  /** Shares what changed, judges what was learned, and declares what of it is in no pool. */
  RouteTruth plan(ClusterView now, LocalNode self, Underlay underlay, Cause cause) {
    shareOf(self);
    Map<Cidr, LearnedRoute> learned = table.routes();
    if (judged.filter(j -> j.isOf(now, underlay, learned)).isEmpty()) {
      RouteTruth truth = RouteTruth.of(now, underlay, learned);
      judged = Optional.of(new Judged(now, underlay, learned, truth));
      latest = Optional.of(truth);
      declare(truth, underlay, cause);
    }
    return judged.get().truth();
  }

  /** What would be believed if the cluster were another. */
  RouteTruth suppose(ClusterView view, Underlay underlay) {
    return RouteTruth.of(view, underlay, table.routes());
  }

  @Override
  public List<RouteSource> routeSources() {
    return latest.map(RouteTruth::sources).orElse(List.of());
  }

  @Override
  public List<String> awaited() {
    return awaited;
  }

  /** Whether there is, or was, any route sharing, or something to say of it. */
  boolean isUsed() {
    return !services.isEmpty() || !awaited.isEmpty() || !faults.isEmpty();
  }

  /** What is wrong with services, in sentences. */
  List<String> faults() {
    return List.copyOf(faults.values());
  }

  int routeCount() {
    return table.routes().size();
  }

  /** A node's configuration may fit by itself and not over the cluster's: nothing changes then. */
  private void shareOf(LocalNode self) {
    try {
      share(mirror.sharingView(self));
      faults.remove(BgpConfiguration.KIND);
    } catch (IllegalArgumentException e) {
      String fault = e.getMessage() + "; what was shared before stays in force";
      if (!fault.equals(faults.put(BgpConfiguration.KIND, fault))) {
        LOG.warn("Nothing is shared anew reason={}", e.getMessage());
      }
    }
  }

  private void share(CoreSharingView view) {
    if (!shared.equals(Optional.of(view))) {
      shared = Optional.of(view);
      services.values().forEach(service -> share(service, view));
    }
  }

  private void share(Service service, CoreSharingView view) {
    try {
      service.sharing().share(view);
      faults.remove(service.name());
    } catch (RuntimeException | LinkageError e) {
      // As with a mode's plan: a bug of a bundle must not end the thread.
      LOG.warn("Route sharing fails name={}", service.name(), e);
      faults.put(service.name(), service.name() + " fails: " + e);
    }
  }

  // --- routes to what is in no pool ---

  private void declare(RouteTruth truth, Underlay underlay, Cause cause) {
    DesiredState before = declarations.desired().getOrDefault(Owner.EXTERNAL, DesiredState.EMPTY);
    DesiredState now = DesiredState.of(truth.external());
    if (now.equals(before)) {
      return;
    }
    declarations.set(Owner.EXTERNAL, now, cause);
    if (isOnTheWay(before, now, underlay)) {
      declarations
          .settled(Owner.EXTERNAL)
          .whenComplete((done, refusal) -> agent.execute(onWayChange));
    }
  }

  /** Whether a route that changed leads to an address whose way is of interest. */
  private static boolean isOnTheWay(DesiredState before, DesiredState now, Underlay underlay) {
    List<KernelObject> changed = new ArrayList<>(now.objects());
    changed.removeAll(new HashSet<>(before.objects()));
    List<KernelObject> gone = new ArrayList<>(before.objects());
    gone.removeAll(new HashSet<>(now.objects()));
    changed.addAll(gone);
    return changed.stream()
        .map(object -> ((Route) object).destination())
        .anyMatch(cidr -> underlay.asked().stream().anyMatch(cidr::contains));
  }
}
