// SPDX-License-Identifier: Apache-2.0
package io.margay.core.command;

import io.margay.api.console.Command;
import io.margay.api.console.CommandException;
import io.margay.api.console.CommandSpec;
import io.margay.api.console.Invocation;
import io.margay.api.console.Output;
import io.margay.api.store.Store;
import java.util.List;
import java.util.Optional;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/** {@code mode:status}. */
@Component
public final class ModeStatus implements Command {
  private final Store store;

  @Activate
  public ModeStatus(@Reference Store store) {
    this.store = store;
  }

  @Override
  public CommandSpec spec() {
    return CommandSpec.of("mode", "status", "show how far each node is with the modes of the pools")
        .withOptionalArgument("pool", "only this pool")
        .withRows(SwitchProgress.Row.class)
        .withExample("mode:status")
        .withExample("mode:status blue");
  }

  @Override
  public List<String> complete(String name) {
    return name.equals("pool") ? PoolChange.names(store) : List.of();
  }

  @Override
  public void run(Invocation invocation, Output output) throws CommandException {
    Optional<String> pool = invocation.value("pool");
    if (pool.isPresent() && !PoolChange.names(store).contains(pool.get())) {
      throw new CommandException("there is no pool " + pool.get());
    }
    SwitchProgress.read(store, output).stream()
        .filter(row -> pool.isEmpty() || row.pool().equals(pool.get()))
        .forEach(output::row);
  }
}
