// SPDX-License-Identifier: Apache-2.0
package io.margay.core.command;

import io.margay.api.console.Command;
import io.margay.api.console.CommandException;
import io.margay.api.console.CommandSpec;
import io.margay.api.console.Invocation;
import io.margay.api.console.Output;
import io.margay.api.resource.Allocation;
import io.margay.api.resource.IpPool;
import io.margay.api.resource.IpamBlock;
import io.margay.api.resource.Node;
import io.margay.api.store.Store;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/** {@code pool:edit}. */
@Component
public final class PoolEdit implements Command {
  private static final String NAT = "nat-outgoing";
  private static final String ROUTES = "routes-from";
  private static final List<String> SOURCES = List.of("auto", "bgp", "store");
  private static final List<String> BOOLEANS = List.of("false", "true");

  /**
   * What was changed.
   *
   * @param changes such as {@code natOutgoing false -> true}
   */
  private record Edited(String pool, List<String> changes) {}

  private final Store store;

  @Activate
  public PoolEdit(@Reference Store store) {
    this.store = store;
  }

  @Override
  public CommandSpec spec() {
    return PoolOptions.describe(
            CommandSpec.of("pool", "edit", "change who gets addresses of a pool, and its NAT")
                .changing()
                .withArgument("name", "name of the pool"))
        .withOption(NAT, "true|false", "hide pods behind their node towards addresses in no pool")
        .withOption(ROUTES, "auto|bgp|store", "where nodes have the routes to its blocks from")
        .withExample("pool:edit blue --node-selector 'zone == \"a\"'")
        .withExample("pool:edit blue --nat-outgoing true")
        .withExample(
            "pool:edit blue --namespace-selector 'team == \"shop\"' --allowed-uses Workload");
  }

  @Override
  public List<String> complete(String name) {
    return switch (name) {
      case "name" -> PoolChange.names(store);
      case NAT -> BOOLEANS;
      case ROUTES -> SOURCES;
      default -> PoolOptions.complete(name);
    };
  }

  @Override
  public void run(Invocation invocation, Output output) throws CommandException {
    String name = invocation.argument("name");
    Map<String, Object> fields = PoolOptions.given(invocation);
    Optional<String> nat = invocation.value(NAT);
    if (nat.isPresent()) {
      if (!BOOLEANS.contains(nat.get())) {
        throw new CommandException("--" + NAT + ": " + nat.get() + " (expected: true or false)", 2);
      }
      fields.put("natOutgoing", Boolean.valueOf(nat.get()));
    }
    Optional<String> routes = invocation.value(ROUTES);
    if (fields.isEmpty() && routes.isEmpty()) {
      throw new CommandException(
          "nothing to change (expected: an option; the mode is changed by mode:switch, addresses"
              + " by pool:disable, pool:enable and pool:migrate)",
          2);
    }
    StoredResources resources = new StoredResources(store, output);
    IpPool[] pools = new IpPool[2];
    new PoolChange(store)
        .change(
            name,
            before -> {
              pools[0] = before;
              pools[1] = changed(before, fields, routes);
              PoolOptions.require(pools[1], Optional.of(before), resources);
              return pools[1];
            });
    List<String> changes = changes(pools[0], pools[1], fields.keySet());
    if (pools[0].routesFrom() != pools[1].routesFrom()) {
      changes.add(
          ROUTES + " " + source(pools[0].routesFrom()) + " -> " + source(pools[1].routesFrom()));
    }
    output.result(
        changes.isEmpty()
            ? "pool " + name + " is so already"
            : "pool " + name + " changed: " + String.join(", ", changes),
        new Edited(name, changes));
    if (!changes.isEmpty()) {
      tellWhatStays(pools[1], resources, output);
    }
  }

  private static String source(IpPool.RoutesFrom value) {
    return value.name().toLowerCase(Locale.ROOT);
  }

  private static IpPool changed(
      IpPool before, Map<String, Object> fields, Optional<String> routesFrom)
      throws CommandException {
    try {
      IpPool changed = before.withSpec(fields);
      return routesFrom.isPresent()
          ? changed.withAnnotation(IpPool.ROUTES_FROM_ANNOTATION, routesFrom)
          : changed;
    } catch (IllegalArgumentException e) {
      throw new CommandException(e.getMessage(), e);
    }
  }

  private static List<String> changes(IpPool before, IpPool after, Set<String> fields) {
    List<String> changes = new ArrayList<>();
    Map<?, ?> old = (Map<?, ?>) before.toMap().get("spec");
    Map<?, ?> now = (Map<?, ?>) after.toMap().get("spec");
    for (String field : fields) {
      Object value = now.get(field);
      if (!value.equals(old.get(field))) {
        changes.add(field + " " + (old.containsKey(field) ? old.get(field) : "-") + " -> " + value);
      }
    }
    return changes;
  }

  /** A rule that changes takes no address from anybody. */
  private static void tellWhatStays(IpPool pool, StoredResources resources, Output output)
      throws CommandException {
    Map<String, Map<String, String>> labels = new HashMap<>();
    resources
        .values(Node.KIND, Node::parse)
        .forEach(node -> labels.put(node.name(), node.metadata().labels()));
    Set<String> nodes = new TreeSet<>();
    long count = 0;
    for (IpamBlock block : resources.values(IpamBlock.KIND, IpamBlock::parse)) {
      if (pool.cidr().contains(block.cidr())) {
        for (Allocation holder : block.allocations().values()) {
          String node = holder.node().orElse("");
          if (Holders.isInUse(holder)
              && labels.containsKey(node)
              && !pool.nodeSelector().matches(labels.get(node))) {
            nodes.add(node);
            count++;
          }
        }
      }
    }
    if (count > 0) {
      output.message(
          Holders.addresses(count)
              + " on nodes that it does not select ("
              + String.join(", ", nodes)
              + ") stay until their pods go");
    }
  }
}
