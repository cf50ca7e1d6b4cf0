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

/** {@code namespace:annotate}. */
@Component
public final class NamespaceAnnotate implements Command {
  private record Changed(String namespace, Map<String, String> annotations) {}

  private final ResourceChange<Namespace> namespaces;

  @Activate
  public NamespaceAnnotate(@Reference Store store) {
    this.namespaces = new ResourceChange<>(store, Namespace.KIND, Namespace::parse);
  }

  @Override
  public CommandSpec spec() {
    return CommandSpec.of(
            "namespace",
            "annotate",
            "set and remove annotations of a namespace, which count for all its pods")
        .operating()
        .withArgument("name", "name of the namespace")
        .withRepeatedArgument("annotations", LabelChange.USAGE)
        .withExample("namespace:annotate shop 'cni.projectcalico.org/ipv4pools=[\"team-blue\"]'")
        .withExample("namespace:annotate shop cni.projectcalico.org/ipv4pools-");
  }

  @Override
  public List<String> complete(String name) {
    return name.equals("name") ? namespaces.names() : List.of();
  }

  @Override
  public void run(Invocation invocation, Output output) throws CommandException {
    LabelChange change = LabelChange.parse(invocation.values("annotations"));
    Namespace namespace =
        namespaces.change(
            invocation.argument("name"),
            before -> before.withAnnotations(change.applyTo(before.metadata().annotations())));
    output.result(
        "namespace "
            + namespace.name()
            + ", annotations: "
            + LabelChange.text(namespace.metadata().annotations()),
        new Changed(namespace.name(), namespace.metadata().annotations()));
  }
}
