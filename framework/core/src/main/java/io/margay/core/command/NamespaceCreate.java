// SPDX-License-Identifier: Apache-2.0
package io.margay.core.command;

import io.margay.api.console.Command;
import io.margay.api.console.CommandException;
import io.margay.api.console.CommandSpec;
import io.margay.api.console.Invocation;
import io.margay.api.console.Output;
import io.margay.api.resource.Namespace;
import io.margay.api.store.ConflictException;
import io.margay.api.store.Expected;
import io.margay.api.store.Store;
import io.margay.api.store.StoreException;
import java.util.Map;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/** {@code namespace:create}. */
@Component
public final class NamespaceCreate implements Command {
  private record Created(String namespace, Map<String, String> labels) {}

  private final Store store;

  @Activate
  public NamespaceCreate(@Reference Store store) {
    this.store = store;
  }

  @Override
  public CommandSpec spec() {
    return CommandSpec.of("namespace", "create", "create a namespace, so that it can have labels")
        .changing()
        .withArgument("name", "name of the namespace")
        .withRepeatedArgument("labels", "KEY=VALUE for each label")
        .withExample("namespace:create shop team=blue");
  }

  @Override
  public void run(Invocation invocation, Output output) throws CommandException {
    LabelChange labels = LabelChange.parse(invocation.values("labels"));
    try {
      Namespace namespace =
          Namespace.of(invocation.argument("name")).withLabels(labels.applyTo(Map.of()));
      store.put(namespace.key(), namespace.toJson(), Expected.ABSENT);
      output.result(
          "namespace " + namespace.name() + " created, labels: " + LabelChange.text(labels.set()),
          new Created(namespace.name(), namespace.metadata().labels()));
    } catch (IllegalArgumentException e) {
      throw new CommandException(e.getMessage(), e);
    } catch (ConflictException e) {
      throw new CommandException("namespace " + invocation.argument("name") + " exists already", e);
    } catch (StoreException e) {
      throw new CommandException(
          "namespace " + invocation.argument("name") + ": " + e.getMessage(), e);
    }
  }
}
