// SPDX-License-Identifier: Apache-2.0
package io.margay.core.switching;

import io.margay.api.mode.Sending;
import io.margay.api.mode.Wire;
import io.margay.api.net.Cidr;
import io.margay.api.resource.NodeModeStatus.Pool;
import io.margay.api.resource.NodeModeStatus.Wait;
import io.margay.api.store.Revision;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * How the nodes change the mode of a pool together, without a leader and without losing a packet: a
 * pure function from what a node knows to what it does next.
 *
 * <p>A route points only at a wire that its receiver takes in. Two rules see to that. A sender
 * first says that it sends by a wire, sees its own word in the store, and only then looks whether
 * the receiver takes it in. A receiver first says that it no longer takes a wire in, sees its own
 * word, and only then looks whether anybody sends by it. All statuses are of one kind, whose writes
 * have one order that every watch keeps, so one of the two sees the other.
 *
 * <p>Within one revision of the pool nobody goes back, so a node that has said this revision and
 * does not send by a wire never will.
 */
public final class PoolSwitch {
  private static final Pool NOTHING =
      new Pool(Revision.NONE, Revision.NONE, Set.of(), Set.of(), List.of());

  private final PoolSituation now;
  private final Pool said;
  private final boolean acts;
  private final Set<Wire> wanted;
  private final Set<Wire> sends = new TreeSet<>();
  private final Set<Wait> waits = new LinkedHashSet<>();
  private final Set<Canary> canaries = new LinkedHashSet<>();

  private PoolSwitch(PoolSituation now) {
    this.now = now;
    said = now.said().orElse(NOTHING);
    acts = said.revision().equals(now.revision());
    wanted = new TreeSet<>(now.chosen());
    now.targets().forEach(t -> t.intended().ifPresent(sending -> wanted.add(sending.wire())));
  }

  /** Decides; the same for the same situation. */
  public static PoolDecision decide(PoolSituation now) {
    return new PoolSwitch(now).decide();
  }

  private PoolDecision decide() {
    sends.addAll(now.inKernel());
    Map<Cidr, Choice> choices = new TreeMap<>();
    for (Target target : now.targets()) {
      choose(target).ifPresent(choice -> choices.put(target.cidr(), choice));
    }
    Set<Wire> receives = receives();
    Pool say = new Pool(now.revision(), now.reflected(), receives, sends, List.copyOf(waits));
    return new PoolDecision(say, choices, canaries, unneeded(receives));
  }

  // --- sending ---

  private Optional<Choice> choose(Target target) {
    Optional<Choice> current = target.current();
    if (current.isPresent() && current.get().wire().isEmpty()) {
      sends.addAll(said.sends()); // It may be by any of them.
    }
    if (target.intended().isEmpty()) {
      return unintended(target);
    }
    Sending intended = target.intended().get();
    sends.add(intended.wire());
    if (current.isEmpty()) {
      return first(target, intended);
    }
    if (current.get().isBy(intended.wire())) {
      return Optional.of(Choice.of(intended));
    }
    Optional<Wait> obstacle = obstacle(target, intended.wire());
    if (obstacle.isEmpty()) {
      return Optional.of(Choice.of(intended));
    }
    waits.add(obstacle.get());
    return current.get().wire().flatMap(target::other).map(Choice::of).or(() -> current);
  }

  /**
   * Of a destination that the pool's mode cannot reach: it keeps its route. Only what was a deleted
   * node's gives way, for else the pool would never be done with the wire that it leaves.
   */
  private Optional<Choice> unintended(Target target) {
    if (target.current().isEmpty() || !isLeft(target.current().get())) {
      return target.current();
    }
    if (target.node().isEmpty()) {
      return now.knowsAllNodes() ? Optional.empty() : target.current();
    }
    String node = target.node().get();
    Pool status = now.heard().get(node);
    waits.add(
        status != null && !status.revision().equals(now.revision())
            ? new Wait(node, "has not taken up the pool's mode yet")
            : new Wait(node, "cannot be reached by the pool's mode: " + target.whyNot()));
    return target.current();
  }

  /** Whether a route goes, or may go, by a wire that the pool leaves. */
  private boolean isLeft(Choice choice) {
    return !wanted.containsAll(choice.wire().map(Set::of).orElse(said.sends()));
  }

  /** Of a destination that has no route: nothing can be lost, so no probe is awaited. */
  private Optional<Choice> first(Target target, Sending intended) {
    if (takesIn(target.node(), intended.wire())) {
      return isKnownSender(intended.wire())
          ? Optional.of(Choice.of(intended))
          : Optional.empty(); // As soon as the store has our word.
    }
    for (Sending other : target.others()) {
      if (takesIn(target.node(), other.wire())) {
        sends.add(other.wire());
        return isKnownSender(other.wire()) ? Optional.of(Choice.of(other)) : Optional.empty();
      }
    }
    String node = target.node().orElseThrow();
    waits.add(new Wait(node, "does not receive " + intended.wire() + " yet"));
    return Optional.empty();
  }

  /** Whether everybody can know that we send by this wire. Nobody ever retires direct. */
  private boolean isKnownSender(Wire wire) {
    return wire.equals(Wire.DIRECT) || acts && said.sends().contains(wire);
  }

  /** A node without a status is one of Calico's: it does what the pool says. */
  private boolean takesIn(Optional<String> node, Wire wire) {
    return wire.equals(Wire.DIRECT)
        || node.map(now.heard()::get).map(status -> status.receives().contains(wire)).orElse(true);
  }

  /** What stands between a destination and its new wire. */
  private Optional<Wait> obstacle(Target target, Wire wire) {
    if (!acts || !said.sends().contains(wire)) {
      return Optional.of(new Wait(now.self(), "has not published yet that it sends by " + wire));
    }
    if (target.node().isEmpty() || now.without().contains(target.node().get())) {
      return Optional.empty();
    }
    String node = target.node().get();
    Pool status = now.heard().get(node);
    if (status == null) {
      return Optional.of(new Wait(node, "has no status: does an agent run there?"));
    }
    if (!status.revision().equals(now.revision())) {
      return Optional.of(new Wait(node, "has not taken up the pool's mode yet"));
    }
    if (!status.receives().contains(wire)) {
      return Optional.of(new Wait(node, "does not receive " + wire + " yet"));
    }
    if (status.nodes().compareTo(now.ownNode()) < 0) {
      return Optional.of(new Wait(node, "does not know this node's addresses yet"));
    }
    return target.isCanary() ? Optional.empty() : probe(new Canary(node, wire));
  }

  private Optional<Wait> probe(Canary canary) {
    canaries.add(canary);
    Canary.Result result = now.canaries().apply(canary);
    return switch (result.outcome()) {
      case ANSWERED -> Optional.empty();
      case PENDING -> Optional.of(new Wait(canary.node(), "is being probed by " + canary.wire()));
      case FAILED ->
          Optional.of(
              new Wait(
                  canary.node(),
                  "does not answer full-size probes by " + canary.wire() + ": " + result.detail()));
    };
  }

  // --- receiving ---

  private Set<Wire> receives() {
    if (now.received().isEmpty()) {
      return said.receives();
    }
    Set<Wire> receives = new TreeSet<>();
    for (Wire wire : now.received().get()) {
      if (now.chosen().contains(wire)
          || wire.equals(Wire.DIRECT)
          || isSentByOthers(wire)
          || said.receives().contains(wire) && isStillNeeded(wire)) {
        receives.add(wire);
      }
    }
    return receives;
  }

  private Set<Wire> unneeded(Set<Wire> receives) {
    Set<Wire> unneeded = new TreeSet<>(now.received().orElse(Set.of()));
    List.of(receives, said.receives(), sends, said.sends()).forEach(unneeded::removeAll);
    now.underWay().map(Pool::receives).ifPresent(unneeded::removeAll);
    return unneeded;
  }

  private boolean isSentByOthers(Wire wire) {
    return now.heard().entrySet().stream()
        .anyMatch(e -> !now.without().contains(e.getKey()) && e.getValue().sends().contains(wire));
  }

  /** Whether somebody sends by a wire that the pool has left, or may yet begin to. */
  private boolean isStillNeeded(Wire wire) {
    boolean isNeeded = !acts || sends.contains(wire) || said.sends().contains(wire);
    Set<String> others = new TreeSet<>(now.peers());
    others.addAll(now.heard().keySet());
    others.removeAll(now.without());
    for (String node : others) {
      Pool status = now.heard().get(node);
      Optional<String> reason =
          status == null
              ? Optional.of("has no status, and might send by " + wire)
              : !status.revision().equals(now.revision())
                  ? Optional.of("has not taken up the pool's mode, and might send by " + wire)
                  : status.sends().contains(wire)
                      ? Optional.of("still sends by " + wire)
                      : Optional.empty();
      if (reason.isPresent()) {
        waits.add(new Wait(node, reason.get()));
        isNeeded = true;
      }
    }
    return isNeeded;
  }
}
