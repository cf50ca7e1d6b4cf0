// SPDX-License-Identifier: Apache-2.0
package io.margay.core.command;

import io.margay.api.console.Command;
import io.margay.api.console.CommandException;
import io.margay.api.console.CommandSpec;
import io.margay.api.console.Invocation;
import io.margay.api.console.Output;
import io.margay.api.resource.IpPool;
import io.margay.api.store.Store;
import io.margay.core.view.PoolMode;
import io.margay.core.view.Readers;
import java.util.List;
import java.util.Optional;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/** {@code mode:confirm}. */
@Component
public final class ModeConfirm implements Command {
  private record Confirmed(String pool, PoolMode mode) {}

  private final Store store;

  @Activate
  public ModeConfirm(@Reference Store store) {
    this.store = store;
  }

  @Override
  public CommandSpec spec() {
    return CommandSpec.of(
            "mode", "confirm", "keep the mode of a switch that would go back by itself")
        .operating()
        .withArgument("pool", "name of the pool")
        .withExample("mode:confirm blue");
  }

  @Override
  public List<String> complete(String name) {
    return PoolChange.names(store);
  }

  @Override
  public void run(Invocation invocation, Output output) throws CommandException {
    String pool = invocation.argument("pool");
    PoolMode[] mode = new PoolMode[1];
    new PoolChange(store)
        .change(
            pool,
            before -> {
              mode[0] = Readers.mode(before);
              if (before.metadata().annotation(IpPool.CONFIRM_ANNOTATION).isEmpty()) {
                throw new CommandException("pool " + pool + " has nothing to confirm");
              }
              return before.withAnnotation(IpPool.CONFIRM_ANNOTATION, Optional.empty());
            });
    output.result("pool " + pool + " stays with mode " + mode[0], new Confirmed(pool, mode[0]));
  }
}
