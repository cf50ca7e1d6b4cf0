// SPDX-License-Identifier: Apache-2.0
package io.margay.console.resource;

import io.margay.api.console.Command;
import io.margay.api.console.CommandException;
import io.margay.api.console.CommandSpec;
import io.margay.api.console.Invocation;
import io.margay.api.console.Output;
import io.margay.api.console.Removal;
import io.margay.api.resource.IpPool;
import io.margay.api.store.Entry;
import io.margay.api.store.Expected;
import io.margay.api.store.Key;
import io.margay.api.store.Store;
import io.margay.api.store.StoreException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferencePolicy;

/** {@code resource:delete}: all are looked at before any is deleted. */
@Component
public final class ResourceDelete implements Command {
  private record Row(String resource, String result) {}

  /** Kinds that nobody may delete without their {@link Removal}. */
  private static final Set<String> GUARDED = Set.of(IpPool.KIND);

  private final Store store;
  private final Supplier<List<Removal>> removals;

  @Reference(policy = ReferencePolicy.DYNAMIC)
  private volatile List<Removal> services = List.of();

  @Activate
  public ResourceDelete(@Reference Store store) {
    this.store = store;
    this.removals = () -> services;
  }

  ResourceDelete(Store store, Removal... removals) {
    this.store = store;
    this.removals = () -> List.of(removals);
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
  public void run(Invocation invocation, Output output)
      throws CommandException, InterruptedException {
    List<Key> keys = ResourceNames.keys(invocation);
    if (keys.isEmpty()) {
      throw new CommandException("nothing named (expected: KIND NAME, or -f FILE)", 2);
    }
    try {
      check(keys);
      for (Key key : keys) {
        String also = delete(key);
        String label = Kinds.label(key);
        String result = also.isEmpty() ? "deleted" : "deleted, " + also;
        output.result(label + " " + result, new Row(label, result));
      }
    } catch (StoreException e) {
      throw new CommandException("store: " + e.getMessage(), e);
    }
  }

  @Override
  public void preview(Invocation invocation, Output output) throws CommandException {
    List<Key> keys = ResourceNames.keys(invocation);
    try {
      check(keys);
    } catch (StoreException e) {
      throw new CommandException("store: " + e.getMessage(), e);
    }
    keys.forEach(key -> output.message(Kinds.label(key) + " will be deleted"));
  }

  private void check(List<Key> keys) throws StoreException, CommandException {
    List<String> problems = new ArrayList<>();
    for (Key key : keys) {
      Optional<Entry> entry = store.get(key);
      if (entry.isEmpty()) {
        problems.add(key + ": not found");
      } else {
        obstacle(key).ifPresent(problems::add);
      }
    }
    if (!problems.isEmpty()) {
      throw new CommandException("nothing was deleted\n  " + String.join("\n  ", problems));
    }
  }

  private Optional<String> obstacle(Key key) throws CommandException {
    Optional<Removal> removal = removal(key);
    if (removal.isEmpty()) {
      return GUARDED.contains(key.kind())
          ? Optional.of(
              key + ": what belongs to it is not known now (expected: a bundle that does)")
          : Optional.empty();
    }
    return removal.get().obstacle(key);
  }

  /** What else was done; empty for nothing. */
  private String delete(Key key) throws StoreException, CommandException, InterruptedException {
    Optional<Removal> removal = removal(key);
    if (removal.isPresent()) {
      return removal.get().remove(key);
    }
    store.delete(key, Expected.ANY);
    return "";
  }

  private Optional<Removal> removal(Key key) {
    return removals.get().stream().filter(r -> r.kind().equals(key.kind())).findFirst();
  }
}
