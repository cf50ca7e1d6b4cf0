// SPDX-License-Identifier: Apache-2.0
package io.margay.core.command;

import io.margay.api.console.Command;
import io.margay.api.console.CommandException;
import io.margay.api.console.CommandSpec;
import io.margay.api.console.Invocation;
import io.margay.api.console.Output;
import io.margay.api.resource.Namespace;
import io.margay.api.resource.WorkloadEndpoint;
import io.margay.api.store.Entry;
import io.margay.api.store.Expected;
import io.margay.api.store.Key;
import io.margay.api.store.Store;
import io.margay.api.store.StoreException;
import java.util.List;
import java.util.Optional;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/** {@code namespace:delete}. */
@Component
public final class NamespaceDelete implements Command {
  private record Deleted(String namespace) {}

  private final Store store;

  @Activate
  public NamespaceDelete(@Reference Store store) {
    this.store = store;
  }

  @Override
  public CommandSpec spec() {
    return CommandSpec.of("namespace", "delete", "delete a namespace in which no pod is")
        .changing()
        .withArgument("name", "name of the namespace")
        .withExample("namespace:delete shop");
  }

  @Override
  public List<String> complete(String name) {
    return new ResourceChange<>(store, Namespace.KIND, Namespace::parse).names();
  }

  @Override
  public void run(Invocation invocation, Output output) throws CommandException {
    String name = invocation.argument("name");
    try {
      Optional<Entry> entry = store.get(Key.of(Namespace.KIND, name));
      if (entry.isEmpty()) {
        throw new CommandException("there is no namespace " + name);
      }
      List<String> endpoints =
          store.list(WorkloadEndpoint.KIND).entries().stream()
              .map(Entry::key)
              .filter(key -> key.namespace().equals(name))
              .map(Key::name)
              .toList();
      if (!endpoints.isEmpty()) {
        throw new CommandException(
            "namespace "
                + name
                + ": endpoints: "
                + endpoints.size()
                + ", such as "
                + endpoints.get(0)
                + " (expected: none)");
      }
      store.delete(entry.get().key(), Expected.at(entry.get().revision()));
      output.result("namespace " + name + " deleted", new Deleted(name));
    } catch (StoreException e) {
      throw new CommandException("namespace " + name + ": " + e.getMessage(), e);
    }
  }
}
