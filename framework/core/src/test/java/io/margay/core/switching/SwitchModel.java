// SPDX-License-Identifier: Apache-2.0
package io.margay.core.switching;

import io.margay.api.dataplane.NextHop;
import io.margay.api.dataplane.Route;
import io.margay.api.mode.Sending;
import io.margay.api.mode.Wire;
import io.margay.api.net.Cidr;
import io.margay.api.resource.NodeModeStatus.Pool;
import io.margay.api.store.Revision;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.UnaryOperator;

/**
 * One state of a small cluster: the store's two logs and what each node has seen of them, its
 * kernel, and what is under way. Immutable to its users; {@link #next} gives every state that can
 * follow.
 *
 * <p>Whatever takes time is a step of its own, and the steps of all nodes come in any order: a
 * watch delivers an event, the store takes a write, the kernel makes a device or replaces a route,
 * a probe is answered, the pause before a device goes is over, an agent dies and starts again.
 */
final class SwitchModel {
  /** A step and where it leads. */
  record Step(String name, SwitchModel after) {}

  private record Written(int node, Pool status) {}

  /** One node: its kernel, its place in the logs, and its agent's memory. */
  private static final class Node {
    int pool;
    int seen;
    final TreeMap<Integer, String> routes = new TreeMap<>();
    final TreeSet<String> devices = new TreeSet<>();
    final TreeMap<Integer, String> declared = new TreeMap<>();
    final TreeSet<String> answered = new TreeSet<>();
    final TreeSet<String> asked = new TreeSet<>();
    final TreeSet<String> unneeded = new TreeSet<>();
    final TreeSet<String> wanted = new TreeSet<>();

    /** Handed to the store. */
    Pool writing;

    /** In the store, and still to be seen. */
    Pool written;

    Node copy() {
      Node copy = new Node();
      copy.pool = pool;
      copy.seen = seen;
      copy.routes.putAll(routes);
      copy.devices.addAll(devices);
      copy.declared.putAll(declared);
      copy.answered.addAll(answered);
      copy.asked.addAll(asked);
      copy.unneeded.addAll(unneeded);
      copy.wanted.addAll(wanted);
      copy.writing = writing;
      copy.written = written;
      return copy;
    }

    String text() {
      return pool
          + "/"
          + seen
          + routes
          + devices
          + declared
          + answered
          + asked
          + unneeded
          + wanted
          + SwitchModel.text(writing)
          + SwitchModel.text(written);
    }
  }

  /** The wire that the pool asks for, by revision. */
  private final List<String> intents;

  private final List<Written> statuses;
  private final List<Node> nodes;
  private final int crashes;

  private SwitchModel(List<String> intents, List<Written> statuses, List<Node> nodes, int crashes) {
    this.intents = intents;
    this.statuses = statuses;
    this.nodes = nodes;
    this.crashes = crashes;
  }

  /**
   * A cluster at rest on the first wire.
   *
   * @param intents wire of the first and of each later revision of the pool
   * @param crashes how often any agent may die
   */
  static SwitchModel atRest(int size, int crashes, String... intents) {
    List<Node> nodes = new ArrayList<>();
    List<Written> statuses = new ArrayList<>();
    Set<Wire> first = Set.of(new Wire(intents[0]));
    for (int i = 0; i < size; i++) {
      statuses.add(
          new Written(i, new Pool(new Revision(1), new Revision(1), first, first, List.of())));
      Node node = new Node();
      node.seen = size;
      node.devices.add(intents[0]);
      node.wanted.add(intents[0]);
      for (int j = 0; j < size; j++) {
        if (j != i) {
          node.routes.put(j, intents[0]);
        }
      }
      nodes.add(node);
    }
    return new SwitchModel(List.of(intents), statuses, nodes, crashes);
  }

  /** What is wrong with this state. */
  Optional<String> loss() {
    for (int i = 0; i < nodes.size(); i++) {
      for (Map.Entry<Integer, String> route : nodes.get(i).routes.entrySet()) {
        if (!nodes.get(route.getKey()).devices.contains(route.getValue())) {
          return Optional.of(
              i + " sends to " + route.getKey() + " by " + route.getValue() + ", not received");
        }
        if (!nodes.get(i).devices.contains(route.getValue())) {
          return Optional.of(i + " has lost its device of " + route.getValue());
        }
      }
    }
    return Optional.empty();
  }

  /** Whether the cluster is at rest on the last wire alone. */
  boolean isDone() {
    String last = intents.get(intents.size() - 1);
    return nodes.stream()
        .allMatch(
            n ->
                n.devices.equals(Set.of(last))
                    && n.routes.values().stream().allMatch(last::equals));
  }

  List<Step> next() {
    List<Step> steps = new ArrayList<>();
    for (int i = 0; i < nodes.size(); i++) {
      watch(i, steps);
      store(i, steps);
      kernel(i, steps);
      if (crashes > 0) {
        int node = i;
        steps.add(new Step(i + " dies", changed(i, n -> restarted(node, n), crashes - 1)));
      }
    }
    return steps;
  }

  private void watch(int i, List<Step> steps) {
    Node node = nodes.get(i);
    if (node.pool + 1 < intents.size()) {
      steps.add(
          new Step(
              i + " sees the pool",
              changed(
                  i,
                  n -> {
                    n.pool++;
                    return n;
                  },
                  crashes)));
    }
    if (node.seen < statuses.size()) {
      steps.add(
          new Step(
              i + " sees status " + node.seen,
              changed(
                  i,
                  n -> {
                    n.seen++;
                    return n;
                  },
                  crashes)));
    }
  }

  private void store(int i, List<Step> steps) {
    if (nodes.get(i).writing != null) {
      List<Written> more = new ArrayList<>(statuses);
      more.add(new Written(i, nodes.get(i).writing));
      SwitchModel written = new SwitchModel(intents, more, nodes, crashes);
      steps.add(
          new Step(
              i + " writes " + text(nodes.get(i).writing),
              written.changed(
                  i,
                  n -> {
                    n.written = n.writing;
                    n.writing = null;
                    return n;
                  },
                  crashes)));
    }
  }

  private void kernel(int i, List<Step> steps) {
    Node node = nodes.get(i);
    for (String wire : node.wanted) {
      if (!node.devices.contains(wire)) {
        steps.add(
            new Step(
                i + " makes " + wire,
                changed(
                    i,
                    n -> {
                      n.devices.add(wire);
                      return n;
                    },
                    crashes)));
      }
    }
    for (String wire : node.unneeded) {
      steps.add(
          new Step(
              i + " removes " + wire,
              changed(
                  i,
                  n -> {
                    n.devices.remove(wire);
                    n.wanted.remove(wire);
                    return n;
                  },
                  crashes)));
    }
    node.declared.forEach(
        (to, wire) -> {
          if (node.devices.contains(wire)) {
            steps.add(
                new Step(
                    i + " routes to " + to + " by " + wire,
                    changed(
                        i,
                        n -> {
                          n.routes.put(to, wire);
                          n.declared.remove(to);
                          return n;
                        },
                        crashes)));
          }
        });
    for (String canary : node.asked) {
      String[] parts = canary.split(" ");
      if (nodes.get(Integer.parseInt(parts[0])).devices.contains(parts[1])
          && node.devices.contains(parts[1])) {
        steps.add(
            new Step(
                i + " is answered " + canary,
                changed(
                    i,
                    n -> {
                      n.answered.add(canary);
                      return n;
                    },
                    crashes)));
      }
    }
  }

  /** The kernel and the store stay; all else is read again. */
  private Node restarted(int i, Node before) {
    Node node = new Node();
    node.pool = before.pool;
    node.seen = statuses.size();
    node.routes.putAll(before.routes);
    node.devices.addAll(before.devices);
    // What nobody wants is swept at start: only what our own status names is still wanted.
    Pool said = heard(node).get(i);
    if (said != null) {
      said.receives().forEach(w -> node.wanted.add(w.name()));
      said.sends().forEach(w -> node.wanted.add(w.name()));
    }
    node.wanted.add(intents.get(node.pool));
    node.devices.retainAll(node.wanted);
    return node;
  }

  /** A node changes, and its agent decides at once. */
  private SwitchModel changed(int i, UnaryOperator<Node> change, int crashesLeft) {
    List<Node> more = new ArrayList<>(nodes);
    Node node = change.apply(nodes.get(i).copy());
    more.set(i, node);
    SwitchModel after = new SwitchModel(intents, statuses, more, crashesLeft);
    after.decide(i, node);
    return after;
  }

  private Map<Integer, Pool> heard(Node node) {
    Map<Integer, Pool> heard = new HashMap<>();
    statuses.subList(0, node.seen).forEach(w -> heard.put(w.node(), w.status()));
    return heard;
  }

  private void decide(int i, Node node) {
    Map<Integer, Pool> all = heard(node);
    Pool said = all.remove(i);
    if (said != null && said.equals(node.written)) {
      node.written = null;
    }
    Map<String, Pool> heard = new TreeMap<>();
    all.forEach((n, status) -> heard.put(Integer.toString(n), status));
    String intent = intents.get(node.pool);
    Set<Wire> inKernel = new TreeSet<>();
    node.routes.values().forEach(w -> inKernel.add(new Wire(w)));
    node.declared.values().forEach(w -> inKernel.add(new Wire(w)));
    List<Target> targets = new ArrayList<>();
    Set<String> peers = new TreeSet<>();
    for (int to = 0; to < nodes.size(); to++) {
      if (to != i) {
        peers.add(Integer.toString(to));
        targets.add(target(node, said, to, intent));
      }
    }
    Set<Wire> received = new TreeSet<>();
    node.devices.forEach(w -> received.add(new Wire(w)));
    PoolDecision decision =
        PoolSwitch.decide(
            new PoolSituation(
                Integer.toString(i),
                new Revision(node.pool + 1),
                new Revision(1),
                true,
                peers,
                Set.of(),
                Optional.ofNullable(said),
                Optional.ofNullable(node.writing == null ? node.written : node.writing),
                heard,
                Set.of(new Wire(intent)),
                Optional.of(received),
                new Revision(1),
                inKernel,
                targets,
                canary ->
                    node.answered.contains(text(canary))
                        ? Canary.Result.ANSWERED
                        : Canary.Result.PENDING));
    node.asked.clear();
    decision.canaries().forEach(c -> node.asked.add(text(c)));
    node.asked.removeAll(node.answered);
    decision
        .choices()
        .forEach(
            (cidr, choice) -> {
              int to = cidr.network().getAddress()[3] & 0xff;
              String wire = choice.wire().orElseThrow().name();
              if (!wire.equals(node.declared.getOrDefault(to, node.routes.get(to)))) {
                node.declared.put(to, wire);
              }
            });
    node.wanted.add(intent);
    decision.say().receives().forEach(w -> node.wanted.add(w.name()));
    decision.say().sends().forEach(w -> node.wanted.add(w.name()));
    node.unneeded.clear();
    decision.unneeded().forEach(w -> node.unneeded.add(w.name()));
    Pool say = silent(decision.say());
    if (node.writing == null && node.written == null && !say.equals(said)) {
      node.writing = say;
    }
  }

  private static Target target(Node node, Pool said, int to, String intent) {
    Cidr cidr = Cidr.parse("10.0.0." + to + "/32");
    List<Sending> others = new ArrayList<>();
    if (said != null) {
      said.sends().forEach(w -> others.add(sending(cidr, w.name())));
    }
    String current = node.declared.getOrDefault(to, node.routes.get(to));
    return new Target(
        cidr,
        Optional.of(Integer.toString(to)),
        Optional.of(sending(cidr, intent)),
        "",
        others,
        Optional.ofNullable(current).map(w -> Choice.of(sending(cidr, w))),
        false);
  }

  private static Sending sending(Cidr cidr, String wire) {
    return new Sending(Route.of(cidr, NextHop.dev(wire)), new Wire(wire));
  }

  private static Pool silent(Pool status) {
    return new Pool(
        status.revision(), status.nodes(), status.receives(), status.sends(), List.of());
  }

  private static String text(Canary canary) {
    return canary.node() + " " + canary.wire();
  }

  private static String text(Pool status) {
    return status == null
        ? "-"
        : status.revision()
            + ":"
            + new TreeSet<>(status.receives())
            + ">"
            + new TreeSet<>(status.sends());
  }

  /** The same for equal states. Of the past only what somebody has still to see matters. */
  String key() {
    int from = nodes.stream().mapToInt(n -> n.seen).min().orElseThrow();
    StringBuilder out = new StringBuilder();
    TreeMap<Integer, Pool> base = new TreeMap<>();
    statuses.subList(0, from).forEach(w -> base.put(w.node(), w.status()));
    base.forEach((node, status) -> out.append(node).append(text(status)));
    out.append('|');
    statuses
        .subList(from, statuses.size())
        .forEach(w -> out.append(w.node()).append(text(w.status())));
    for (Node node : nodes) {
      Node shifted = node.copy();
      shifted.seen -= from;
      out.append('|').append(shifted.text());
    }
    return out.append('|').append(crashes).toString();
  }
}
