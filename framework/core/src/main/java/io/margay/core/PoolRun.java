// SPDX-License-Identifier: Apache-2.0
package io.margay.core;

import io.margay.api.dataplane.Cause;
import io.margay.api.dataplane.DesiredState;
import io.margay.api.dataplane.Owner;
import io.margay.api.dataplane.Route;
import io.margay.api.mode.Destination;
import io.margay.api.mode.Sending;
import io.margay.api.mode.Wire;
import io.margay.api.net.Cidr;
import io.margay.api.net.IpFamily;
import io.margay.api.resource.NodeModeStatus.Pool;
import io.margay.core.ModePlanner.Good;
import io.margay.core.plan.ProbeAddresses;
import io.margay.core.plan.Wanted;
import io.margay.core.switching.Canary;
import io.margay.core.switching.Choice;
import io.margay.core.switching.PoolDecision;
import io.margay.core.switching.PoolSituation;
import io.margay.core.switching.PoolSwitch;
import io.margay.core.switching.Target;
import io.margay.core.view.ClusterView;
import io.margay.core.view.NodeEntry;
import io.margay.core.view.PoolEntry;
import io.margay.core.view.Revisions;
import java.net.InetAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.IntSupplier;
import java.util.stream.Collectors;

/**
 * One pool on this node: the routes in force, the wires by which packets may go, the probes under
 * way. Confined to the agent thread.
 */
final class PoolRun {
  /** From the moment nobody sends by a wire until its device goes: packets may be on their way. */
  private static final Duration LINGER = Duration.ofSeconds(5);

  private static final Duration RETRY = Duration.ofSeconds(2);

  /** What the store says of this pool, see {@link PoolSituation}. */
  record Heard(
      Revisions revisions,
      boolean knowsAllNodes,
      Optional<Pool> said,
      Optional<Pool> underWay,
      Map<String, Pool> others,
      Optional<Set<Wire>> received) {}

  private final String self;
  private final String pool;
  private final AgentThread agent;
  private final Declarations declarations;
  private final Standings standings;
  private final Modes modes;
  private final UnderlayReader underlayReader;
  private final IntSupplier podMtuBytes;
  private final Runnable onChange;
  private final Canaries canaries;

  private Map<Cidr, Choice> choices = new HashMap<>();
  private Set<Wire> inKernel = new TreeSet<>();
  private boolean hasDeclared;
  private int declarationCount;
  private final Set<Wire> kept = new TreeSet<>();
  private final Map<Wire, Long> unneededSinceNanos = new HashMap<>();
  private List<Destination> probed = List.of();
  private Heard heard;
  private Pool say;

  PoolRun(
      String self,
      String pool,
      AgentThread agent,
      Declarations declarations,
      Standings standings,
      Modes modes,
      UnderlayReader underlayReader,
      IntSupplier podMtuBytes,
      Runnable onChange,
      Canaries.Lost onLost) {
    this.self = self;
    this.pool = pool;
    this.agent = agent;
    this.declarations = declarations;
    this.standings = standings;
    this.modes = modes;
    this.underlayReader = underlayReader;
    this.podMtuBytes = podMtuBytes;
    this.onChange = onChange;
    canaries = new Canaries(pool, agent, declarations, onChange, onLost);
  }

  Canaries canaries() {
    return canaries;
  }

  /** The status to publish; only after a decision. */
  Pool say() {
    return say;
  }

  /** Wires whose devices must stay: routes go by them, or packets may still come. */
  Set<Wire> kept() {
    return Set.copyOf(kept);
  }

  /** Destinations of probes, for the mode to plan. */
  List<Destination> probed() {
    return probed;
  }

  /** All that is known of the pool. */
  PoolSituation situation(ClusterView now, Wanted wanted, Good good, Heard latest) {
    heard = latest;
    List<Plans> leaving = new ArrayList<>();
    for (String mode : wanted.modesOf(pool)) {
      modes
          .active(mode)
          .flatMap(ModePlanner::lastGood)
          .filter(g -> g != good)
          .ifPresent(g -> leaving.add(new Plans(g)));
    }
    List<Target> targets =
        wanted.destinationsOf(pool).stream().map(d -> target(now, d, good, leaving)).toList();
    if (!hasDeclared) {
      targets.stream()
          .flatMap(t -> t.current().stream())
          .flatMap(c -> c.wire().stream())
          .forEach(inKernel::add);
    }
    PoolEntry entry = now.pools().get(pool);
    return new PoolSituation(
        self,
        heard.revisions().pool(pool),
        heard.revisions().ownNode(),
        heard.knowsAllNodes(),
        now.peers().stream().map(NodeEntry::name).collect(Collectors.toSet()),
        entry.without(),
        heard.said(),
        heard.underWay(),
        heard.others(),
        good.chosen(),
        heard.received(),
        standings.reflected(entry.mode().name()),
        Set.copyOf(inKernel),
        targets,
        canary ->
            way(canary, now, good).isEmpty() ? Canary.Result.ANSWERED : canaries.result(canary));
  }

  /**
   * Decides and declares.
   *
   * @return whether the modes must plan again
   */
  boolean decide(PoolSituation situation, ClusterView now, Good good, Triggers triggers) {
    boolean isKnown =
        situation.said().filter(s -> s.revision().equals(situation.revision())).isPresent();
    if (!isKnown && situation.said().isPresent()) {
      FaultPoint.BEFORE_PUBLISH.reached();
    }
    PoolDecision decision = PoolSwitch.decide(situation);
    if (!decision.canaries().isEmpty()) {
      FaultPoint.AFTER_PUBLISH.reached(); // Only who is known to send by a wire probes it.
    }
    declare(decision.choices(), now.pools().get(pool).mode().name(), triggers);
    Set<Wire> keptBefore = kept();
    say = decision.say();
    keep(decision.unneeded());
    Set<Canary> wanted = new LinkedHashSet<>(decision.canaries());
    if (isToBeConfirmed(now)) {
      canaries.answered().stream()
          .filter(c -> good.chosen().contains(c.wire()) && now.nodes().containsKey(c.node()))
          .forEach(wanted::add);
    }
    boolean isPlanDue = probe(wanted, now, good);
    return isPlanDue || !kept().equals(keptBefore);
  }

  // --- routes ---

  private record Plans(Good good) {
    Optional<Sending> sending(Cidr cidr) {
      return Optional.ofNullable(good.plan().sendings().get(cidr));
    }
  }

  private Target target(ClusterView now, Destination destination, Good good, List<Plans> leaving) {
    Cidr cidr = destination.cidr();
    Optional<Sending> intended = Optional.ofNullable(good.plan().sendings().get(cidr));
    List<Sending> others = leaving.stream().flatMap(p -> p.sending(cidr).stream()).toList();
    boolean isCanary =
        cidr.isHost()
            && destination
                .owner()
                .map(now.nodes()::get)
                .filter(n -> n.tunnelAddresses().containsValue(cidr.network()))
                .isPresent();
    return new Target(
        cidr,
        destination.owner(),
        intended,
        good.plan().unreachable().getOrDefault(cidr, ""),
        others,
        current(cidr, intended, others),
        isCanary);
  }

  /** The route declared; at start the one found, whose wire the link tells. */
  private Optional<Choice> current(Cidr cidr, Optional<Sending> intended, List<Sending> others) {
    if (hasDeclared) {
      return Optional.ofNullable(choices.get(cidr));
    }
    return underlayReader
        .found(cidr)
        .map(
            route -> {
              List<Sending> ways = new ArrayList<>(others);
              intended.ifPresent(ways::add);
              return new Choice(
                  route,
                  ways.stream()
                      .filter(s -> links(s.route()).equals(links(route)))
                      .map(Sending::wire)
                      .findFirst()
                      .or(() -> isTunnel(route) ? Optional.empty() : Optional.of(Wire.DIRECT)));
            });
  }

  private boolean isTunnel(Route route) {
    return links(route).stream()
        .anyMatch(
            name ->
                underlayReader.latest().orElseThrow().links().stream()
                    .anyMatch(l -> l.name().equals(name) && l.alias().startsWith("mode/")));
  }

  private static Set<String> links(Route route) {
    return route.nextHops().stream().flatMap(n -> n.link().stream()).collect(Collectors.toSet());
  }

  private void declare(Map<Cidr, Choice> wanted, String mode, Triggers triggers) {
    boolean isSame = hasDeclared && wanted.equals(choices);
    Cause cause = isSwitch(wanted) ? triggers.switchOf(Owner.pool(pool)) : triggers.current();
    hasDeclared = true;
    choices = new HashMap<>(wanted);
    wanted.values().forEach(c -> c.wire().ifPresent(inKernel::add));
    declarations.setAfter(
        Owner.mode(mode),
        Owner.pool(pool),
        DesiredState.of(wanted.values().stream().map(Choice::route).toList()),
        cause);
    if (!isSame) {
      if (declarationCount > 0) {
        FaultPoint.AFTER_DECLARE.reached();
      }
      declarationCount++;
      await(declarationCount);
    }
  }

  /** Whether a destination goes over to another wire. */
  private boolean isSwitch(Map<Cidr, Choice> wanted) {
    return hasDeclared
        && choices.entrySet().stream()
            .anyMatch(
                e ->
                    wanted.containsKey(e.getKey())
                        && !wanted.get(e.getKey()).wire().equals(e.getValue().wire()));
  }

  private void await(int number) {
    declarations
        .settled(Owner.pool(pool))
        .whenComplete((done, refusal) -> agent.execute(() -> settled(number, refusal == null)));
  }

  /** Only now nothing goes by the wires that were left. */
  private void settled(int number, boolean isDone) {
    if (number != declarationCount) {
      return;
    }
    if (!isDone) {
      agent.after(RETRY, () -> retry(number));
      return;
    }
    Set<Wire> now = new TreeSet<>();
    choices.values().forEach(c -> c.wire().ifPresent(now::add));
    if (!now.equals(inKernel)) {
      FaultPoint.AFTER_SETTLE.reached();
      inKernel = now;
      onChange.run();
    }
  }

  private void retry(int number) {
    if (number == declarationCount) {
      await(number);
    }
  }

  // --- devices ---

  /** A wire is kept until it has been unneeded for a while. */
  private void keep(Set<Wire> unneeded) {
    unneededSinceNanos.keySet().retainAll(unneeded);
    for (Wire wire : unneeded) {
      if (unneededSinceNanos.putIfAbsent(wire, agent.nanoTime()) == null) {
        agent.after(LINGER, onChange);
        FaultPoint.AFTER_WITHDRAW.reached();
      }
    }
    kept.addAll(inKernel);
    kept.addAll(say.receives());
    kept.addAll(say.sends());
    unneededSinceNanos.forEach(
        (wire, since) -> {
          if (agent.nanoTime() - since >= LINGER.toNanos()) {
            FaultPoint.BEFORE_RETIRE.reached();
            kept.remove(wire);
          }
        });
  }

  // --- probes ---

  private boolean probe(Set<Canary> wanted, ClusterView now, Good good) {
    List<Destination> destinations = new ArrayList<>();
    Map<Canary, Canaries.Way> ways = new HashMap<>();
    for (Canary canary : wanted) {
      Optional<Canaries.Way> way = way(canary, now, good);
      if (way.isEmpty()) {
        continue;
      }
      Cidr to = Cidr.host(way.get().to());
      if (choices.containsKey(to)) {
        ways.put(canary, way.get());
        continue;
      }
      destinations.add(
          new Destination(
              to,
              pool,
              now.pools().get(pool).mode().variant(),
              Optional.of(canary.node()),
              List.of()));
      if (way.get().route().isPresent()) {
        ways.put(canary, way.get());
      }
    }
    canaries.want(ways, Owner.mode(now.pools().get(pool).mode().name()), isToBeConfirmed(now));
    boolean isNew = !Set.copyOf(destinations).equals(Set.copyOf(probed));
    probed = List.copyOf(destinations);
    return isNew;
  }

  private boolean isToBeConfirmed(ClusterView now) {
    return now.pools().get(pool).unconfirmed().isPresent();
  }

  /** Empty when one of the two nodes has no address to probe with. */
  private Optional<Canaries.Way> way(Canary canary, ClusterView now, Good good) {
    PoolEntry entry = now.pools().get(pool);
    IpFamily family = entry.cidr().family();
    Optional<InetAddress> from =
        now.own().flatMap(n -> ProbeAddresses.of(n, modes(entry, heard.said()), family));
    Optional<Pool> others = Optional.ofNullable(heard.others().get(canary.node()));
    Optional<InetAddress> to =
        Optional.ofNullable(now.nodes().get(canary.node()))
            .flatMap(n -> ProbeAddresses.of(n, modes(entry, others), family));
    if (from.isEmpty() || to.isEmpty()) {
      return Optional.empty();
    }
    Optional<Route> route =
        Optional.ofNullable(good.plan().sendings().get(Cidr.host(to.get())))
            .filter(s -> s.wire().equals(canary.wire()))
            .map(Sending::route);
    return Optional.of(new Canaries.Way(from.get(), to.get(), route, podMtuBytes.getAsInt()));
  }

  /** The pool's own, and those whose devices a node says that it has. */
  private static List<String> modes(PoolEntry entry, Optional<Pool> status) {
    List<String> modes = new ArrayList<>(List.of(entry.mode().name()));
    status.ifPresent(
        s -> s.receives().stream().sorted().map(Wire::mode).distinct().forEach(modes::add));
    return modes;
  }
}
