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
import java.util.Optional;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/** {@code node:annotate}. */
@Component
public final class NodeAnnotate implements Command {
  private record Changed(String node, Map<String, String> annotations) {}

  private final ResourceChange<Node> nodes;

  @Activate
  public NodeAnnotate(@Reference Store store) {
    this.nodes = new ResourceChange<>(store, Node.KIND, Node::parse);
  }

  @Override
  public CommandSpec spec() {
    return CommandSpec.of(
            "node",
            "annotate",
            "set and remove annotations of a node, which modes read as settings")
        .operating()
        .withArgument("name", "name of the node")
        .withRepeatedArgument("annotations", LabelChange.USAGE)
        .withExample("node:annotate node1 margay.io/MODE.NAME=VALUE")
        .withExample("node:annotate node1 margay.io/MODE.NAME-");
  }

  @Override
  public List<String> complete(String name) {
    return name.equals("name") ? nodes.names() : List.of();
  }

  @Override
  public void run(Invocation invocation, Output output) throws CommandException {
    LabelChange change = LabelChange.parse(invocation.values("annotations"));
    Node node = nodes.change(invocation.argument("name"), before -> changed(before, change));
    output.result(
        "node " + node.name() + ", annotations: " + LabelChange.text(node.metadata().annotations()),
        new Changed(node.name(), node.metadata().annotations()));
  }

  private static Node changed(Node before, LabelChange change) {
    Node node = before;
    for (Map.Entry<String, String> entry : change.set().entrySet()) {
      node = node.withAnnotation(entry.getKey(), Optional.of(entry.getValue()));
    }
    for (String removed : change.removed()) {
      node = node.withAnnotation(removed, Optional.empty());
    }
    return node;
  }
}
