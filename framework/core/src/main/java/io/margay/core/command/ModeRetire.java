// SPDX-License-Identifier: Apache-2.0
package io.margay.core.command;

import io.margay.api.console.Command;
import io.margay.api.console.CommandException;
import io.margay.api.console.CommandSpec;
import io.margay.api.console.Invocation;
import io.margay.api.console.Output;
import io.margay.api.resource.IpPool;
import io.margay.api.store.Store;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/** {@code mode:retire}. */
@Component
public final class ModeRetire implements Command {
  private record Retired(String pool, Set<String> without) {}

  private final Store store;

  @Activate
  public ModeRetire(@Reference Store store) {
    this.store = store;
  }

  @Override
  public CommandSpec spec() {
    return CommandSpec.of(
            "mode", "retire", "finish the switch of a pool without a node that is lost")
        .changing()
        .withArgument("pool", "name of the pool")
        .withOption("without", "NODE", "the node, or several with commas; it will be cut off")
        .withExample("mode:retire blue --without node3");
  }

  @Override
  public List<String> complete(String name) {
    return name.equals("pool") ? PoolChange.names(store) : List.of();
  }

  @Override
  public void run(Invocation invocation, Output output) throws CommandException {
    String pool = invocation.argument("pool");
    String nodes =
        invocation
            .value("without")
            .orElseThrow(() -> new CommandException("--without: missing (expected: a node)"));
    Set<String> known = new TreeSet<>();
    SwitchProgress.read(store, output).forEach(row -> known.add(row.node()));
    Set<String> without = new TreeSet<>(Set.of(nodes.split(",")));
    for (String node : without) {
      if (!known.contains(node)) {
        throw new CommandException(
            "--without: " + node + " (expected: one of " + String.join(", ", known) + ")");
      }
    }
    new PoolChange(store)
        .change(
            pool,
            before -> {
              Set<String> all = new TreeSet<>(before.retireWithout());
              all.addAll(without);
              without.addAll(all);
              return before.withAnnotation(
                  IpPool.WITHOUT_ANNOTATION, Optional.of(String.join(",", all)));
            });
    output.result(
        "the other nodes no longer wait for "
            + String.join(", ", without)
            + ": mode:status "
            + pool,
        new Retired(pool, without));
  }
}
