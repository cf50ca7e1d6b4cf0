// SPDX-License-Identifier: Apache-2.0
package io.margay.core.command;

import io.margay.api.console.Command;
import io.margay.api.console.CommandException;
import io.margay.api.console.CommandSpec;
import io.margay.api.console.Invocation;
import io.margay.api.console.Output;
import io.margay.api.resource.IpPool;
import io.margay.api.store.Store;
import io.margay.api.store.StoreException;
import java.util.List;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/** {@code pool:delete}. */
@Component
public final class PoolDelete implements Command {
  private record Deleted(String pool, int blocksReleased) {}

  private final Store store;

  @Activate
  public PoolDelete(@Reference Store store) {
    this.store = store;
  }

  @Override
  public CommandSpec spec() {
    return CommandSpec.of("pool", "delete", "delete a pool of which no address is in use")
        .changing()
        .withArgument("name", "name of the pool")
        .withExample("pool:delete blue");
  }

  @Override
  public List<String> complete(String name) {
    try {
      return store.list(IpPool.KIND).entries().stream().map(e -> e.key().name()).toList();
    } catch (StoreException e) {
      return List.of(); // Nothing to offer; the command itself will say why.
    }
  }

  @Override
  public void run(Invocation invocation, Output output) throws CommandException {
    String name = invocation.argument("name");
    int released = new PoolRemoval(store, output).remove(name);
    output.result(
        "pool " + name + " deleted" + (released == 0 ? "" : ", " + released + " blocks given back"),
        new Deleted(name, released));
  }
}
