// SPDX-License-Identifier: Apache-2.0
package io.margay.core.command;

import io.margay.api.console.Command;
import io.margay.api.console.CommandException;
import io.margay.api.console.CommandSpec;
import io.margay.api.console.Invocation;
import io.margay.api.console.Output;
import io.margay.api.net.Cidr;
import io.margay.api.resource.Node;
import io.margay.api.resource.WorkloadEndpoint;
import io.margay.api.store.Store;
import io.margay.api.store.StoreException;
import java.net.InetAddress;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/** {@code endpoint:list}. */
@Component
public final class EndpointList implements Command {
  private record Row(
      String node,
      String namespace,
      String workload,
      String endpoint,
      List<InetAddress> addresses,
      String hostLink) {}

  private final Store store;

  @Activate
  public EndpointList(@Reference Store store) {
    this.store = store;
  }

  @Override
  public CommandSpec spec() {
    return CommandSpec.of("endpoint", "list", "list the pods and containers that have addresses")
        .withOption("node", "NODE", "only those of this node")
        .withRows(Row.class)
        .withExample("endpoint:list --node node1");
  }

  @Override
  public void run(Invocation invocation, Output output) throws CommandException {
    Optional<String> node = invocation.value("node");
    new StoredResources(store, output)
        .values(WorkloadEndpoint.KIND, WorkloadEndpoint::parse).stream()
            .filter(e -> node.isEmpty() || e.node().equals(node.get()))
            .map(EndpointList::row)
            .sorted(
                Comparator.comparing(Row::node)
                    .thenComparing(Row::namespace)
                    .thenComparing(Row::workload))
            .forEach(output::row);
  }

  @Override
  public List<String> complete(String name) {
    try {
      return name.equals("node")
          ? store.list(Node.KIND).entries().stream().map(e -> e.key().name()).toList()
          : List.of();
    } catch (StoreException e) {
      return List.of(); // Nothing to offer; the command itself will say why.
    }
  }

  private static Row row(WorkloadEndpoint endpoint) {
    return new Row(
        endpoint.node(),
        endpoint.metadata().namespace(),
        endpoint.pod().or(endpoint::containerId).orElse(""),
        endpoint.endpoint(),
        endpoint.ipNetworks().stream().map(Cidr::network).toList(),
        endpoint.interfaceName());
  }
}
