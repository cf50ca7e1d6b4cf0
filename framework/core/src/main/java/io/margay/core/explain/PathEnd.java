// SPDX-License-Identifier: Apache-2.0
package io.margay.core.explain;

import io.margay.api.net.Ip;
import io.margay.api.net.IpFamily;
import io.margay.api.resource.WorkloadEndpoint;
import java.net.InetAddress;
import java.util.List;
import java.util.Optional;

/**
 * Who sends or receives.
 *
 * @param name for people, such as {@code default/web} or {@code node1}
 * @param node on which it is; empty for an address outside
 * @param endpoint of a pod; empty for a node and for an address outside
 */
record PathEnd(
    String name,
    Optional<String> node,
    List<InetAddress> addresses,
    Optional<WorkloadEndpoint> endpoint) {
  static PathEnd pod(WorkloadEndpoint endpoint) {
    String workload = endpoint.pod().or(endpoint::containerId).orElse(endpoint.name());
    return new PathEnd(
        endpoint.metadata().namespace() + "/" + workload,
        Optional.of(endpoint.node()),
        endpoint.ipNetworks().stream().map(c -> c.network()).toList(),
        Optional.of(endpoint));
  }

  static PathEnd outside(InetAddress address) {
    return new PathEnd(Ip.text(address), Optional.empty(), List.of(address), Optional.empty());
  }

  boolean isPod() {
    return endpoint.isPresent();
  }

  Optional<InetAddress> address(IpFamily family) {
    return addresses.stream().filter(a -> IpFamily.of(a) == family).findFirst();
  }

  /** The same end, asked for by one of its addresses. */
  PathEnd only(InetAddress address) {
    return new PathEnd(name, node, List.of(address), endpoint);
  }

  @Override
  public String toString() {
    String where = node.filter(n -> !n.equals(name)).map(n -> " on " + n).orElse("");
    return (isPod() ? "pod " : node.isPresent() ? "node " : "") + name + where;
  }
}
