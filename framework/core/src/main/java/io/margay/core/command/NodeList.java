// SPDX-License-Identifier: Apache-2.0
package io.margay.core.command;

import io.margay.api.console.Command;
import io.margay.api.console.CommandException;
import io.margay.api.console.CommandSpec;
import io.margay.api.console.Invocation;
import io.margay.api.console.Output;
import io.margay.api.net.InterfaceAddress;
import io.margay.api.node.NodeAgent;
import io.margay.api.resource.IpamBlock;
import io.margay.api.resource.Node;
import io.margay.api.resource.WorkloadEndpoint;
import io.margay.api.store.Store;
import java.util.List;
import java.util.Optional;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/** {@code node:list}. */
@Component
public final class NodeList implements Command {
  private record Row(
      String node,
      Optional<InterfaceAddress> ipv4,
      Optional<InterfaceAddress> ipv6,
      long blocks,
      long endpoints,
      boolean here) {}

  private final Store store;
  private final NodeAgent agent;

  @Activate
  public NodeList(@Reference Store store, @Reference NodeAgent agent) {
    this.store = store;
    this.agent = agent;
  }

  @Override
  public CommandSpec spec() {
    return CommandSpec.of("node", "list", "list the nodes of the cluster with what they hold")
        .withRows(Row.class)
        .withExample("node:list");
  }

  @Override
  public void run(Invocation invocation, Output output) throws CommandException {
    StoredResources resources = new StoredResources(store, output);
    List<Node> nodes = resources.values(Node.KIND, Node::parse);
    List<IpamBlock> blocks = resources.values(IpamBlock.KIND, IpamBlock::parse);
    List<WorkloadEndpoint> endpoints =
        resources.values(WorkloadEndpoint.KIND, WorkloadEndpoint::parse);
    for (Node node : nodes) {
      String name = node.name();
      output.row(
          new Row(
              name,
              node.ipv4Address(),
              node.ipv6Address(),
              blocks.stream().filter(b -> b.owner().equals(Optional.of(name))).count(),
              endpoints.stream().filter(e -> e.node().equals(name)).count(),
              name.equals(agent.nodeName())));
    }
  }
}
