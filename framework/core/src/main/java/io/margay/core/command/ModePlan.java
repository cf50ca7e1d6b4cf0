// SPDX-License-Identifier: Apache-2.0
package io.margay.core.command;

import io.margay.api.console.Command;
import io.margay.api.console.CommandException;
import io.margay.api.console.CommandSpec;
import io.margay.api.console.Invocation;
import io.margay.api.console.Output;
import io.margay.api.mode.RoutingMode;
import io.margay.api.node.NodeAgent;
import io.margay.api.resource.IpPool;
import io.margay.api.resource.Node;
import io.margay.api.resource.NodeAnswer;
import io.margay.api.store.Store;
import io.margay.api.store.StoreException;
import io.margay.core.query.NodeQueries;
import io.margay.core.switching.PlannedSwitch;
import io.margay.core.view.PoolMode;
import io.margay.core.view.Readers;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferencePolicy;

/** {@code mode:plan}. */
@Component
public final class ModePlan implements Command {
  private static final Duration PATIENCE = Duration.ofSeconds(5);

  /** One node, as {@code --json} has it. */
  private record Row(
      String node,
      int changes,
      int routes,
      int podMtuBytes,
      int fitsBytes,
      List<String> diff,
      List<String> blockers,
      List<String> notes) {
    static Row of(String node, PlannedSwitch plan) {
      return new Row(
          node,
          plan.diff().size(),
          plan.routes(),
          plan.podMtuBytes(),
          plan.fitsBytes(),
          plan.diff(),
          plan.blockers(),
          plan.notes());
    }

    static Row silent(String node, String why) {
      return new Row(node, 0, 0, 0, 0, List.of(), List.of(why), List.of());
    }
  }

  private final Store store;
  private final String self;
  private final Supplier<List<RoutingMode>> modes;
  private final Duration patience;

  @Reference(policy = ReferencePolicy.DYNAMIC)
  private volatile List<RoutingMode> services = List.of();

  @Activate
  public ModePlan(@Reference Store store, @Reference NodeAgent agent) {
    this.store = store;
    this.self = agent.nodeName();
    this.modes = () -> services;
    this.patience = PATIENCE;
  }

  ModePlan(Store store, String self, Duration patience) {
    this.store = store;
    this.self = self;
    this.modes = List::of;
    this.patience = patience;
  }

  @Override
  public CommandSpec spec() {
    return CommandSpec.of("mode", "plan", "show what mode:switch would do on every node")
        .withArgument("pool", "name of the pool")
        .withArgument("mode", "direct, ipip, vxlan or another; /CrossSubnet may follow")
        .withFlag("diff", "with each change of the kernels")
        .withExample("mode:plan blue vxlan")
        .withExample("mode:plan blue ipip/CrossSubnet --diff");
  }

  @Override
  public List<String> complete(String name) {
    return switch (name) {
      case "pool" -> PoolChange.names(store);
      case "mode" -> ModeSwitch.names(modes.get());
      default -> List.of();
    };
  }

  @Override
  public void run(Invocation invocation, Output output)
      throws CommandException, InterruptedException {
    String pool = invocation.argument("pool");
    PoolMode mode = mode(pool, invocation.argument("mode"), output);
    Set<String> nodes =
        new StoredResources(store, output)
            .values(Node.KIND, Node::parse).stream()
                .map(Node::name)
                .collect(Collectors.toCollection(TreeSet::new));
    Map<String, NodeAnswer> answers = ask(pool, mode, nodes);
    int blockers = 0;
    for (String node : nodes) {
      Row row = row(node, Optional.ofNullable(answers.get(node)));
      blockers += row.blockers().size();
      output.result(text(row, mode, invocation.has("diff")), row);
    }
    if (!mode.equals(PoolMode.DIRECT)) {
      output.message(
          "not probed: the switch makes the devices, and probes every pair of nodes before it"
              + " moves a route");
    }
    if (blockers > 0) {
      throw new CommandException(blockers + (blockers == 1 ? " blocker" : " blockers"));
    }
    output.message("no blockers: mode:switch " + pool + " " + mode);
  }

  /** The mode, if this pool may have it at all. */
  private PoolMode mode(String pool, String text, Output output) throws CommandException {
    List<IpPool> pools = new StoredResources(store, output).values(IpPool.KIND, IpPool::parse);
    IpPool before =
        pools.stream()
            .filter(p -> p.name().equals(pool))
            .findFirst()
            .orElseThrow(() -> new CommandException("there is no pool " + pool));
    try {
      PoolMode mode = PoolMode.parse(text);
      mode.applyTo(before);
      if (mode.equals(Readers.mode(before))) {
        output.message("pool " + pool + " has mode " + mode + " already");
      }
      return mode;
    } catch (IllegalArgumentException e) {
      throw new CommandException(e.getMessage(), e);
    }
  }

  private Map<String, NodeAnswer> ask(String pool, PoolMode mode, Set<String> nodes)
      throws CommandException, InterruptedException {
    Map<String, String> arguments = Map.of("pool", pool, "mode", mode.toString());
    try {
      return new NodeQueries(store, self, Clock.systemUTC())
          .ask(PlannedSwitch.VERB, arguments, nodes, patience);
    } catch (StoreException e) {
      throw new CommandException("the nodes cannot be asked: " + e.getMessage(), e);
    }
  }

  private static Row row(String node, Optional<NodeAnswer> answer) {
    if (answer.isEmpty()) {
      return Row.silent(node, node + " does not answer: does its agent run?");
    }
    return answer
        .get()
        .failure()
        .map(why -> Row.silent(node, why))
        .orElseGet(() -> Row.of(node, PlannedSwitch.of(answer.get().answer())));
  }

  private static String text(Row row, PoolMode mode, boolean withDiff) {
    StringBuilder text = new StringBuilder(row.node()).append(": ").append(summary(row, mode));
    row.blockers().forEach(b -> text.append("\n  blocker: ").append(b));
    row.notes().forEach(n -> text.append("\n  note: ").append(n));
    if (withDiff) {
      row.diff().forEach(line -> text.append("\n  ").append(line));
    }
    return text.toString();
  }

  private static String summary(Row row, PoolMode mode) {
    String blockers =
        row.blockers().isEmpty()
            ? "no blockers"
            : row.blockers().size() == 1 ? "1 blocker" : row.blockers().size() + " blockers";
    return row.fitsBytes() == 0
        ? blockers
        : "%d changes, %d of them routes; pods keep MTU %d (%s carries %d); %s"
            .formatted(
                row.changes(),
                row.routes(),
                row.podMtuBytes(),
                mode.name(),
                row.fitsBytes(),
                blockers);
  }
}
