// SPDX-License-Identifier: Apache-2.0
package io.margay.console.resource;

import io.margay.api.console.Command;
import io.margay.api.console.CommandException;
import io.margay.api.console.CommandSpec;
import io.margay.api.console.Invocation;
import io.margay.api.console.Output;
import io.margay.api.resource.IpPool;
import io.margay.api.store.Entry;
import io.margay.api.store.Expected;
import io.margay.api.store.Key;
import io.margay.api.store.Store;
import io.margay.api.store.StoreException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/** {@code resource:delete}: all are looked at before any is deleted. */
@Component
public final class ResourceDelete implements Command {
  private record Row(String resource, String result) {}

  private final Store store;
  private final PoolRemoval pools;

  @Activate
  public ResourceDelete(@Reference Store store) {
    this.store = store;
    this.pools = new PoolRemoval(store);
  }

  @Override
  public CommandSpec spec() {
    return ResourceInput.withFile(
            CommandSpec.of("resource", "delete", "delete resources by name or as a file names them")
                .changing()
                .withOptionalArgument(ResourceNames.KIND, "such as ippool")
                .withRepeatedArgument(ResourceNames.NAME, "names; with a namespace NAMESPACE/NAME"))
        .withExample("margay delete ippool blue")
        .withExample("margay delete -f pools.yaml");
  }

  @Override
  public List<String> complete(String name) {
    return ResourceNames.complete(store, name);
  }

  @Override
  public void run(Invocation invocation, Output output) throws CommandException {
    List<Key> keys = ResourceNames.keys(invocation);
    if (keys.isEmpty()) {
      throw new CommandException("nothing named (expected: KIND NAME, or -f FILE)", 2);
    }
    try {
      check(keys);
      for (Key key : keys) {
        delete(key);
        String label = Kinds.label(key);
        output.result(label + " deleted", new Row(label, "deleted"));
      }
    } catch (StoreException e) {
      throw new CommandException("store: " + e.getMessage(), e);
    }
  }

  private void check(List<Key> keys) throws StoreException, CommandException {
    List<String> problems = new ArrayList<>();
    for (Key key : keys) {
      Optional<Entry> entry = store.get(key);
      if (entry.isEmpty()) {
        problems.add(key + ": not found");
      } else if (key.kind().equals(IpPool.KIND)) {
        Optional<IpPool> pool = Stored.resource(entry.get(), IpPool.class);
        if (pool.isPresent()) {
          pools.obstacle(pool.get()).ifPresent(problems::add);
        }
      }
    }
    if (!problems.isEmpty()) {
      throw new CommandException("nothing was deleted\n  " + String.join("\n  ", problems));
    }
  }

  private void delete(Key key) throws StoreException, CommandException {
    if (key.kind().equals(IpPool.KIND)) {
      pools.remove(key);
    } else {
      store.delete(key, Expected.ANY);
    }
  }
}
