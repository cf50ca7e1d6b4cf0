// SPDX-License-Identifier: Apache-2.0
package io.margay.core;

import io.margay.api.dataplane.Cause;
import io.margay.api.dataplane.DesiredState;
import io.margay.api.dataplane.KernelObject;
import io.margay.api.dataplane.Owner;
import io.margay.api.dataplane.Route;
import io.margay.api.mode.Destination;
import io.margay.api.mode.LocalNode;
import io.margay.api.mode.Plan;
import io.margay.api.store.Revision;
import io.margay.core.plan.CoreModeView;
import io.margay.core.plan.HostObjects;
import io.margay.core.plan.LocalNodes;
import io.margay.core.plan.LocalObjects;
import io.margay.core.plan.Peers;
import io.margay.core.plan.Underlay;
import io.margay.core.plan.Wanted;
import io.margay.core.plan.WorkloadObjects;
import io.margay.core.sharing.RouteTruth;
import io.margay.core.view.ClusterView;
import io.margay.core.view.EndpointEntry;
import io.margay.core.view.Mirror;
import io.margay.core.view.NodeEntry;
import io.margay.core.view.Revisions;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;

/**
 * Turns a view into declarations: at once what core plans itself, and what the modes plan when they
 * have. What cannot be planned stays as it is. Confined to the agent thread.
 */
final class Planner {
  private final Mirror mirror;
  private final Modes modes;
  private final Declarations declarations;
  private final UnderlayReader underlayReader;
  private final Standings standings;
  private final Switching switching;
  private final TunnelKeeper tunnels;
  private final ChecksumTests checksums;
  private final Sharing sharing;
  private final Triggers triggers;
  private Revisions revisions = Revisions.NONE;
  private Optional<ClusterView> view = Optional.empty();
  private Wanted wanted = Wanted.NOTHING;
  private final Map<String, CoreModeView> views = new HashMap<>();
  private boolean isRetiring;

  /** What the node as a whole needs, by what the modes have planned. */
  private Function<List<Plan>, DesiredState> host = plans -> DesiredState.EMPTY;

  Planner(
      Mirror mirror,
      Modes modes,
      Declarations declarations,
      UnderlayReader underlayReader,
      Standings standings,
      Switching switching,
      TunnelKeeper tunnels,
      ChecksumTests checksums,
      Sharing sharing,
      Triggers triggers) {
    this.mirror = mirror;
    this.modes = modes;
    this.declarations = declarations;
    this.underlayReader = underlayReader;
    this.standings = standings;
    this.switching = switching;
    this.tunnels = tunnels;
    this.checksums = checksums;
    this.sharing = sharing;
    this.triggers = triggers;
  }

  /** Whether {@link #plan} was called. */
  boolean hasPlanned() {
    return view.isPresent();
  }

  /** The view planned last. */
  ClusterView view() {
    return view.orElseThrow();
  }

  /** What the view planned last wants of the modes. */
  Wanted wanted() {
    return wanted;
  }

  /** Whether no mode in use is planning, or those that are have had their time. */
  boolean isIdle() {
    return wanted.byMode().keySet().stream()
        .allMatch(m -> modes.active(m).filter(ModePlanner::isIdle).isPresent());
  }

  /** Declares what needs no mode, and asks the modes for the rest. */
  void plan(ClusterView now, Underlay underlay) {
    Cause cause = triggers.begin(view.isPresent() && !isIdle());
    view = Optional.of(now);
    revisions = mirror.revisions();
    NodeEntry own = now.own().orElseThrow();
    LocalNode self = LocalNodes.of(own, underlay);
    RouteTruth truth = sharing.plan(now, self, underlay, cause);
    wanted = Wanted.of(now, switching.inUse(), this::isProvided, truth.claims());
    host = plans -> HostObjects.of(now, self, underlay, plans);
    declarations.set(Owner.LOCAL, LocalObjects.of(now), cause);
    declareWorkloads(underlay, cause);
    views.clear();
    for (String mode : wanted.byMode().keySet()) {
      CoreModeView modeView =
          new CoreModeView(
              LocalNodes.of(own, underlay, mode),
              underlayReader.facts(),
              checksums.settings(mode, now.settings()),
              Peers.of(now, underlay, mode),
              destinations(now, mode),
              switching.receiving(mode));
      views.put(mode, modeView);
      modes.active(mode).orElseThrow().request(modeView, revisions.nodes());
    }
  }

  /** What a mode in use was asked to plan for last. */
  Optional<CoreModeView> viewOf(String mode) {
    return Optional.ofNullable(views.get(mode));
  }

  /** Revision of kind Node that the views stand for. */
  Revision nodes() {
    return revisions.nodes();
  }

  /** What the node as a whole needs when these are the plans in force. */
  DesiredState host(List<Plan> plans) {
    return host.apply(plans);
  }

  private boolean isProvided(String mode) {
    return modes.active(mode).isPresent();
  }

  /** Of the pools that ask for the mode also the addresses that are probed before a switch. */
  private List<Destination> destinations(ClusterView now, String mode) {
    List<Destination> destinations = new ArrayList<>(wanted.destinations(mode));
    for (String pool : wanted.byMode().get(mode)) {
      if (now.pools().containsKey(pool) && now.pools().get(pool).mode().name().equals(mode)) {
        destinations.addAll(switching.probed(pool));
      }
    }
    destinations.sort(Comparator.comparing(Destination::cidr));
    return destinations;
  }

  /** Declares what the modes have planned so far, and what the node needs for it. */
  void declare() {
    List<Plan> plans =
        wanted.byMode().keySet().stream()
            .flatMap(mode -> modes.active(mode).stream())
            .flatMap(planner -> planner.lastGood().stream())
            .map(ModePlanner.Good::plan)
            .toList();
    declarations.set(Owner.HOST, host.apply(plans), hostCause());
    for (String mode : wanted.byMode().keySet()) {
      modes.active(mode).ifPresent(planner -> declareStanding(mode, planner));
    }
    switching.declare(view.orElseThrow(), wanted, revisions, triggers);
    retireModes();
    declareGonePools();
  }

  private void declareStanding(String mode, ModePlanner planner) {
    declarations.confine(Owner.mode(mode), planner.provider().grant());
    planner.lastGood().ifPresent(good -> standings.declare(mode, good, cause(mode)));
  }

  /** A mode that has nothing yet comes into use by a switch. */
  private Cause cause(String mode) {
    boolean comes =
        declarations.desired().getOrDefault(Owner.mode(mode), DesiredState.EMPTY).isEmpty()
            && modes
                .active(mode)
                .flatMap(ModePlanner::lastGood)
                .filter(good -> !good.plan().standing().isEmpty())
                .isPresent();
    return comes ? triggers.switchOf(Owner.mode(mode)) : triggers.current();
  }

  /** What the node needs as a whole follows the modes. */
  private Cause hostCause() {
    return wanted.byMode().keySet().stream()
        .map(this::cause)
        .filter(cause -> cause.kind() == Cause.Kind.SWITCH)
        .findFirst()
        .orElseGet(triggers::current);
  }

  /** Modes whose objects stay although nobody plans for them: pools need them. */
  Set<String> frozenModes() {
    Set<String> frozen = new TreeSet<>(wanted.frozen().values());
    switching.inUse().values().forEach(frozen::addAll);
    frozen.removeIf(this::isProvided);
    return frozen;
  }

  /** Whether a mode that nobody uses still has what is to go. */
  boolean isRetiring() {
    return isRetiring;
  }

  /**
   * What a mode has standing goes when no pool asks for it, no packet can come by it, and nothing
   * on its devices is needed any more.
   */
  private void retireModes() {
    Set<String> unused = new TreeSet<>(tunnels.modes());
    modes.all().forEach(m -> unused.add(m.name()));
    declarations.desired().keySet().forEach(o -> named(o, "mode/").ifPresent(unused::add));
    unused.removeAll(frozenModes());
    unused.removeAll(wanted.byMode().keySet());
    switching.inUse().values().forEach(unused::removeAll);
    isRetiring = false;
    for (String mode : unused) {
      if (!tunnels.retire(mode)) {
        isRetiring = true;
      } else if (declarations.desired().containsKey(Owner.mode(mode))) {
        standings.retire(mode, triggers.switchOf(Owner.mode(mode)));
      }
    }
  }

  /** What the kernel is to have of an endpoint of this node. */
  DesiredState workload(EndpointEntry endpoint) {
    return WorkloadObjects.of(endpoint, mirror.configuration().allowsSourceSpoofing());
  }

  /** An endpoint that the watch tells before its link is made waits for the link, or for wire. */
  private void declareWorkloads(Underlay underlay, Cause cause) {
    Map<String, EndpointEntry> endpoints = mirror.endpoints().current();
    endpoints.forEach(
        (handle, endpoint) -> {
          Owner owner = Owner.workload(handle);
          if (declarations.desired().containsKey(owner) || underlay.hasLink(endpoint.link())) {
            declarations.set(owner, workload(endpoint), cause.withPod(endpoint.pod()));
          }
        });
    for (Owner owner : List.copyOf(declarations.desired().keySet())) {
      Optional<String> handle = named(owner, "workload/");
      if (handle.isPresent() && !endpoints.containsKey(handle.get())) {
        declarations.retire(owner, cause);
      }
    }
  }

  /** A pool that was deleted while blocks of it are in use keeps the routes to those. */
  private void declareGonePools() {
    for (Owner owner : List.copyOf(declarations.desired().keySet())) {
      Optional<String> pool = named(owner, "pool/");
      if (pool.isEmpty() || view.orElseThrow().pools().containsKey(pool.get())) {
        continue;
      }
      List<KernelObject> kept =
          declarations.desired().get(owner).objects().stream()
              .filter(o -> o instanceof Route r && wanted.orphans().contains(r.destination()))
              .toList();
      Cause cause = new Cause(Cause.Kind.STORE, "IPPool/" + pool.get() + " is gone");
      if (kept.isEmpty()) {
        declarations.retire(owner, cause);
      } else {
        declarations.set(owner, DesiredState.of(kept), cause);
      }
    }
  }

  private static Optional<String> named(Owner owner, String prefix) {
    return owner.name().startsWith(prefix)
        ? Optional.of(owner.name().substring(prefix.length()))
        : Optional.empty();
  }
}
