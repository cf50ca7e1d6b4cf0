// SPDX-License-Identifier: Apache-2.0
package io.margay.cni;

import io.margay.api.console.Command;
import io.margay.api.console.CommandException;
import io.margay.api.console.CommandSpec;
import io.margay.api.console.Invocation;
import io.margay.api.console.Output;
import io.margay.api.dataplane.DataplaneException;
import io.margay.api.dataplane.WorkloadPlumber;
import io.margay.api.net.Cidr;
import io.margay.api.net.Ip;
import io.margay.api.node.NodeAgent;
import io.margay.api.resource.WorkloadEndpoint;
import io.margay.api.store.Store;
import io.margay.api.store.StoreException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/** {@code cni:attachments}: what ADD has attached on this node, and whether its link is there. */
@Component
public final class AttachmentList implements Command {
  /** When the last ADD of an attachment was, RFC 3339; an annotation of its document. */
  static final String SINCE = "margay.io/attached";

  private final NodeAgent agent;
  private final Store store;
  private final WorkloadPlumber plumber;

  /**
   * A line about an attachment.
   *
   * @param attachment NETWORK/CONTAINER/IFNAME
   * @param pod of Kubernetes, NAMESPACE/NAME
   * @param link the node's end; empty when the kernel has none
   * @param since time of the last ADD
   */
  record Row(
      String attachment,
      Optional<String> pod,
      String addresses,
      Optional<String> link,
      Optional<String> since) {}

  @Activate
  public AttachmentList(
      @Reference NodeAgent agent, @Reference Store store, @Reference WorkloadPlumber plumber) {
    this.agent = agent;
    this.store = store;
    this.plumber = plumber;
  }

  @Override
  public CommandSpec spec() {
    return CommandSpec.of("cni", "attachments", "list the pods that are attached to this node")
        .withRows(Row.class)
        .withExample("cni:attachments");
  }

  @Override
  public void run(Invocation invocation, Output output) throws CommandException {
    try {
      Map<String, String> links = plumber.attached();
      List<Endpoints.Found> attached = new Endpoints(store, agent.nodeName()).local();
      attached.forEach(found -> output.row(row(found.endpoint(), links)));
    } catch (StoreException | DataplaneException e) {
      throw new CommandException("attachments: " + e.getMessage(), e);
    }
  }

  private static Row row(WorkloadEndpoint endpoint, Map<String, String> links) {
    Attachment attachment = Endpoints.attachment(endpoint);
    return new Row(
        attachment.toString(),
        endpoint.pod().map(pod -> endpoint.key().namespace() + "/" + pod),
        endpoint.ipNetworks().stream()
            .map(Cidr::network)
            .map(Ip::text)
            .collect(Collectors.joining(", ")),
        Optional.ofNullable(links.get(attachment.handle())),
        endpoint.metadata().annotation(SINCE));
  }
}
