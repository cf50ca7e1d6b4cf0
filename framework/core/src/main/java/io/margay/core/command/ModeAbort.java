// SPDX-License-Identifier: Apache-2.0
package io.margay.core.command;

import io.margay.api.console.Command;
import io.margay.api.console.CommandException;
import io.margay.api.console.CommandSpec;
import io.margay.api.console.Invocation;
import io.margay.api.console.Output;
import io.margay.api.resource.IpPool;
import io.margay.api.store.Store;
import io.margay.core.SwitchGuard;
import io.margay.core.view.PoolMode;
import java.util.List;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/** {@code mode:abort}. */
@Component
public final class ModeAbort implements Command {
  private record Aborted(String pool, PoolMode to) {}

  private final Store store;

  @Activate
  public ModeAbort(@Reference Store store) {
    this.store = store;
  }

  @Override
  public CommandSpec spec() {
    return CommandSpec.of("mode", "abort", "take a pool back to the mode before its last switch")
        .operating()
        .withArgument("pool", "name of the pool")
        .withExample("mode:abort blue");
  }

  @Override
  public List<String> complete(String name) {
    return PoolChange.names(store);
  }

  @Override
  public void run(Invocation invocation, Output output) throws CommandException {
    String pool = invocation.argument("pool");
    PoolMode[] to = new PoolMode[1];
    new PoolChange(store)
        .change(
            pool,
            before -> {
              String previous =
                  before
                      .metadata()
                      .annotation(IpPool.PREVIOUS_MODE_ANNOTATION)
                      .orElseThrow(
                          () -> new CommandException("pool " + pool + " was not switched before"));
              to[0] = PoolMode.parse(previous);
              return SwitchGuard.reverted(before, to[0]);
            });
    output.result(
        "pool " + pool + " goes back to mode " + to[0] + ": mode:status " + pool,
        new Aborted(pool, to[0]));
  }
}
