// SPDX-License-Identifier: Apache-2.0
package io.margay.core.command;

import io.margay.api.console.Command;
import io.margay.api.console.CommandException;
import io.margay.api.console.CommandSpec;
import io.margay.api.console.Invocation;
import io.margay.api.console.Output;
import io.margay.api.resource.Node;
import io.margay.api.resource.WorkloadEndpoint;
import io.margay.api.store.Key;
import io.margay.api.store.Store;
import java.util.List;
import java.util.Optional;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/** {@code node:delete}. */
@Component
public final class NodeDelete implements Command {
  private record Deleted(String node, String also) {}

  private final Store store;
  private final NodeRemoval removal;

  @Activate
  public NodeDelete(@Reference Store store, @Reference NodeRemoval removal) {
    this.store = store;
    this.removal = removal;
  }

  @Override
  public CommandSpec spec() {
    return CommandSpec.of("node", "delete", "delete a node that is gone, and free what it held")
        .changing()
        .withArgument("name", "name of the node")
        .withFlag("force", "also when its agent runs: its pods keep running without addresses")
        .withExample("node:delete node3");
  }

  @Override
  public List<String> complete(String name) {
    return new ResourceChange<>(store, Node.KIND, Node::parse).names();
  }

  @Override
  public void preview(Invocation invocation, Output output) throws CommandException {
    String name = invocation.argument("name");
    Optional<String> obstacle = removal.obstacle(Key.of(Node.KIND, name));
    if (obstacle.isPresent() && !invocation.has("force")) {
      throw new CommandException(obstacle.get());
    }
    long endpoints =
        new StoredResources(store, output)
            .values(WorkloadEndpoint.KIND, WorkloadEndpoint::parse).stream()
                .filter(e -> e.node().equals(name))
                .count();
    output.message(
        "node "
            + name
            + " will be deleted with its blocks, addresses and "
            + endpoints
            + " endpoints"
            + obstacle.map(why -> "; " + why).orElse(""));
  }

  @Override
  public void run(Invocation invocation, Output output) throws CommandException {
    String name = invocation.argument("name");
    boolean isKnown = complete("name").contains(name);
    String also =
        invocation.has("force")
            ? removal.removeAnyway(name)
            : removal.remove(Key.of(Node.KIND, name));
    if (!isKnown && also.isEmpty()) {
      throw new CommandException("there is no node " + name + ", and nothing that it holds");
    }
    output.result(
        "node " + name + " deleted" + (also.isEmpty() ? "" : ", " + also), new Deleted(name, also));
  }
}
