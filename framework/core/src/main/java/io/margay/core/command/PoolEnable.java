// SPDX-License-Identifier: Apache-2.0
package io.margay.core.command;

import io.margay.api.console.Command;
import io.margay.api.console.CommandException;
import io.margay.api.console.CommandSpec;
import io.margay.api.console.Invocation;
import io.margay.api.console.Output;
import io.margay.api.mode.RoutingMode;
import io.margay.api.store.Store;
import io.margay.core.view.Readers;
import java.util.List;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferencePolicy;

/** {@code pool:enable}. */
@Component
public final class PoolEnable implements Command {
  private record Enabled(String pool) {}

  private final Store store;
  private final ProvidedModes modes;

  @Reference(policy = ReferencePolicy.DYNAMIC)
  private volatile List<RoutingMode> services = List.of();

  @Activate
  public PoolEnable(@Reference Store store) {
    this.store = store;
    this.modes = new ProvidedModes(() -> services);
  }

  PoolEnable(Store store, List<RoutingMode> modes) {
    this.store = store;
    this.modes = new ProvidedModes(() -> modes);
  }

  @Override
  public CommandSpec spec() {
    return CommandSpec.of("pool", "enable", "give out addresses of a pool again")
        .operating()
        .withArgument("name", "name of the pool")
        .withExample("pool:enable blue");
  }

  @Override
  public List<String> complete(String name) {
    return name.equals("name") ? PoolChange.names(store) : List.of();
  }

  @Override
  public void run(Invocation invocation, Output output) throws CommandException {
    String name = invocation.argument("name");
    boolean[] was = new boolean[1];
    new PoolChange(store)
        .change(
            name,
            before -> {
              was[0] = !before.disabled();
              modes.require(Readers.mode(before), "mode of pool " + name, "");
              return before.withDisabled(false);
            });
    output.result(
        "pool " + name + (was[0] ? " is enabled already" : " enabled"), new Enabled(name));
  }
}
