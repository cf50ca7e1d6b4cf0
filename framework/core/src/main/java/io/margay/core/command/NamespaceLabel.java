// SPDX-License-Identifier: Apache-2.0
package io.margay.core.command;

import io.margay.api.console.Command;
import io.margay.api.console.CommandException;
import io.margay.api.console.CommandSpec;
import io.margay.api.console.Invocation;
import io.margay.api.console.Output;
import io.margay.api.resource.Namespace;
import io.margay.api.store.Store;
import java.util.List;
import java.util.Map;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/** {@code namespace:label}. */
@Component
public final class NamespaceLabel implements Command {
  private record Changed(String namespace, Map<String, String> labels) {}

  private final ResourceChange<Namespace> namespaces;

  @Activate
  public NamespaceLabel(@Reference Store store) {
    this.namespaces = new ResourceChange<>(store, Namespace.KIND, Namespace::parse);
  }

  @Override
  public CommandSpec spec() {
    return CommandSpec.of(
            "namespace", "label", "set and remove labels of a namespace, by which pools select it")
        .operating()
        .withArgument("name", "name of the namespace")
        .withRepeatedArgument("labels", LabelChange.USAGE)
        .withExample("namespace:label shop team=blue")
        .withExample("namespace:label shop team-");
  }

  @Override
  public List<String> complete(String name) {
    return name.equals("name") ? namespaces.names() : List.of();
  }

  @Override
  public void run(Invocation invocation, Output output) throws CommandException {
    LabelChange change = LabelChange.parse(invocation.values("labels"));
    Namespace namespace =
        namespaces.change(
            invocation.argument("name"),
            before -> before.withLabels(change.applyTo(before.metadata().labels())));
    output.result(
        "namespace "
            + namespace.name()
            + ", labels: "
            + LabelChange.text(namespace.metadata().labels()),
        new Changed(namespace.name(), namespace.metadata().labels()));
  }
}
