// SPDX-License-Identifier: Apache-2.0
package io.margay.core.command;

import io.margay.api.console.Command;
import io.margay.api.console.CommandException;
import io.margay.api.console.CommandSpec;
import io.margay.api.console.Invocation;
import io.margay.api.console.Output;
import io.margay.api.resource.Node;
import io.margay.api.store.Store;
import java.util.List;
import java.util.Map;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/** {@code node:label}. */
@Component
public final class NodeLabel implements Command {
  private record Changed(String node, Map<String, String> labels) {}

  private final ResourceChange<Node> nodes;

  @Activate
  public NodeLabel(@Reference Store store) {
    this.nodes = new ResourceChange<>(store, Node.KIND, Node::parse);
  }

  @Override
  public CommandSpec spec() {
    return CommandSpec.of(
            "node", "label", "set and remove labels of a node, by which pools select it")
        .operating()
        .withArgument("name", "name of the node")
        .withRepeatedArgument("labels", LabelChange.USAGE)
        .withExample("node:label node1 rack=a")
        .withExample("node:label node1 rack-");
  }

  @Override
  public List<String> complete(String name) {
    return name.equals("name") ? nodes.names() : List.of();
  }

  @Override
  public void run(Invocation invocation, Output output) throws CommandException {
    LabelChange change = LabelChange.parse(invocation.values("labels"));
    Node node =
        nodes.change(
            invocation.argument("name"),
            before -> before.withLabels(change.applyTo(before.metadata().labels())));
    output.result(
        "node " + node.name() + ", labels: " + LabelChange.text(node.metadata().labels()),
        new Changed(node.name(), node.metadata().labels()));
  }
}
