// SPDX-License-Identifier: Apache-2.0
package io.margay.core.command;

import io.margay.api.console.Command;
import io.margay.api.console.CommandException;
import io.margay.api.console.CommandSpec;
import io.margay.api.console.Invocation;
import io.margay.api.console.Output;
import io.margay.api.resource.IpPool;
import io.margay.api.store.Key;
import io.margay.api.store.Store;
import java.util.List;
import java.util.Optional;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/** {@code pool:delete}. */
@Component
public final class PoolDelete implements Command {
  private record Deleted(String pool, String also) {}

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
    return PoolChange.names(store);
  }

  @Override
  public void preview(Invocation invocation, Output output) throws CommandException {
    String name = invocation.argument("name");
    List<IpPool> pools = new StoredResources(store, output).values(IpPool.KIND, IpPool::parse);
    Optional<IpPool> pool = pools.stream().filter(p -> p.name().equals(name)).findFirst();
    Optional<String> obstacle = new PoolRemoval(store).obstacle(Key.of(IpPool.KIND, name));
    if (pool.isEmpty() || obstacle.isPresent()) {
      throw new CommandException(obstacle.orElse("there is no pool " + name));
    }
    output.message(
        "pool "
            + name
            + " ("
            + pool.get().cidr()
            + ") will be deleted; none of its addresses is"
            + " in use");
  }

  @Override
  public void run(Invocation invocation, Output output) throws CommandException {
    String name = invocation.argument("name");
    if (!PoolChange.names(store).contains(name)) {
      throw new CommandException("there is no pool " + name);
    }
    String also = new PoolRemoval(store).remove(Key.of(IpPool.KIND, name));
    output.result(
        "pool " + name + " deleted" + (also.isEmpty() ? "" : ", " + also), new Deleted(name, also));
  }
}
