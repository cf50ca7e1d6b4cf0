// SPDX-License-Identifier: Apache-2.0
package io.margay.core.command;

import io.margay.api.console.Command;
import io.margay.api.console.CommandException;
import io.margay.api.console.CommandSpec;
import io.margay.api.console.Invocation;
import io.margay.api.console.Output;
import io.margay.api.resource.Namespace;
import io.margay.api.resource.WorkloadEndpoint;
import io.margay.api.store.Store;
import java.util.Map;
import java.util.TreeMap;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/** {@code namespace:list}. */
@Component
public final class NamespaceList implements Command {
  private record Row(String namespace, String labels, String annotations, int endpoints) {}

  private final Store store;

  @Activate
  public NamespaceList(@Reference Store store) {
    this.store = store;
  }

  @Override
  public CommandSpec spec() {
    return CommandSpec.of(
            "namespace", "list", "list the namespaces that have been created or have pods")
        .withRows(Row.class)
        .withExample("namespace:list");
  }

  @Override
  public void run(Invocation invocation, Output output) throws CommandException {
    StoredResources resources = new StoredResources(store, output);
    Map<String, Integer> endpoints = new TreeMap<>();
    for (WorkloadEndpoint endpoint :
        resources.values(WorkloadEndpoint.KIND, WorkloadEndpoint::parse)) {
      endpoints.merge(endpoint.metadata().namespace(), 1, Integer::sum);
    }
    Map<String, Namespace> namespaces = new TreeMap<>();
    // Pods may name a namespace that nobody has created: it has no labels.
    endpoints.keySet().forEach(name -> namespaces.put(name, Namespace.of(name)));
    resources
        .values(Namespace.KIND, Namespace::parse)
        .forEach(namespace -> namespaces.put(namespace.name(), namespace));
    for (Namespace namespace : namespaces.values()) {
      output.row(
          new Row(
              namespace.name(),
              LabelChange.text(namespace.metadata().labels()),
              LabelChange.text(namespace.metadata().annotations()),
              endpoints.getOrDefault(namespace.name(), 0)));
    }
  }
}
