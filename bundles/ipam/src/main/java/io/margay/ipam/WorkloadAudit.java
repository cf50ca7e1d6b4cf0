// SPDX-License-Identifier: Apache-2.0
package io.margay.ipam;

import io.margay.api.net.Cidr;
import io.margay.api.net.Ip;
import io.margay.api.resource.Allocation;
import io.margay.api.resource.IpPool;
import io.margay.api.resource.IpamBlock;
import io.margay.api.resource.WorkloadEndpoint;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Compares addresses held, endpoints, and the links of this node. Pure. */
final class WorkloadAudit {
  /** Annotations of endpoints that our CNI server wrote; see its bundle. */
  private static final String NETWORK = "margay.io/network";

  private static final String NO_IPAM = "margay.io/no-ipam";

  private final Snapshot snapshot;
  private final Map<String, Holding> holdings;
  private final Map<String, Held<WorkloadEndpoint>> endpoints = new HashMap<>();
  private final List<Finding> findings = new ArrayList<>();

  private WorkloadAudit(Snapshot snapshot, Map<String, Holding> holdings) {
    this.snapshot = snapshot;
    this.holdings = holdings;
    snapshot.endpoints().forEach(held -> endpoints.put(held.value().handle(), held));
  }

  static List<Finding> of(Snapshot snapshot, Map<String, Holding> holdings) {
    WorkloadAudit audit = new WorkloadAudit(snapshot, holdings);
    holdings.values().stream().filter(h -> !h.isTunnel()).forEach(audit::holding);
    holdings.values().stream().filter(Holding::isTunnel).forEach(audit::tunnel);
    audit.endpoints.values().forEach(audit::endpoint);
    audit.twice();
    snapshot.links().ifPresent(audit::links);
    return audit.findings;
  }

  private void holding(Holding holding) {
    String node = holding.node().orElse("");
    if (holding.network().isEmpty() || !snapshot.nodes().contains(node)) {
      return; // Not ours to judge, or freed with its node.
    }
    boolean isHere = node.equals(snapshot.self());
    if (isHere && snapshot.links().isPresent()) {
      if (!snapshot.links().get().containsKey(holding.handle())) {
        findings.add(
            Finding.fixable(
                holding.object(),
                "held by " + holding.who() + " on this node, which has no link",
                "release",
                new Fix.Release(
                    holding.handle(),
                    holding.network().get(),
                    holding.sequences(),
                    holding.blocks(),
                    document(holding.handle()))));
      }
    } else if (snapshot.isWhole() && !isHere && !endpoints.containsKey(holding.handle())) {
      findings.add(
          Finding.of(
              holding.object(),
              "held by " + holding.who() + " on node " + node + ", which has no endpoint",
              "run ipam:check on node " + node));
    }
  }

  private Optional<Fix.Document> document(String handle) {
    return Optional.ofNullable(endpoints.get(handle))
        .filter(held -> held.value().node().equals(snapshot.self()))
        .map(held -> new Fix.Document(held.value().key(), held.revision()));
  }

  private void tunnel(Holding holding) {
    String node = holding.node().orElse("");
    Set<InetAddress> named = snapshot.tunnels().get(node);
    if (named != null && holding.sequences().keySet().stream().noneMatch(named::contains)) {
      findings.add(
          Finding.fixable(
              holding.object(),
              "held by " + holding.handle() + ", and Node/" + node + " does not name it",
              "release",
              new Fix.Release(
                  holding.handle(), "", holding.sequences(), holding.blocks(), Optional.empty())));
    }
  }

  /** Of this node: whether it has a link, and its addresses. */
  private void endpoint(Held<WorkloadEndpoint> held) {
    WorkloadEndpoint endpoint = held.value();
    Optional<String> network = endpoint.metadata().annotation(NETWORK);
    boolean isHere = endpoint.node().equals(snapshot.self());
    if (!isHere || network.isEmpty() || snapshot.links().isEmpty()) {
      return;
    }
    if (snapshot.links().get().containsKey(endpoint.handle())) {
      if (endpoint.metadata().annotation(NO_IPAM).isEmpty()) {
        endpoint.ipNetworks().forEach(cidr -> address(endpoint, cidr.network()));
      }
    } else if (!holdings.containsKey(endpoint.handle())) {
      findings.add(
          Finding.fixable(
              endpoint.key().toString(),
              "has neither a link on this node nor addresses",
              "delete",
              new Fix.Release(
                  endpoint.handle(),
                  network.get(),
                  Map.of(),
                  Set.of(),
                  document(endpoint.handle()))));
    }
  }

  /** An address that a pod of this node uses must be its handle's. */
  private void address(WorkloadEndpoint endpoint, InetAddress address) {
    Optional<IpPool> pool = snapshot.poolOf(Cidr.host(address));
    if (pool.isEmpty()) {
      return; // Its pool was deleted; health says so.
    }
    Optional<IpamBlock> block =
        Optional.ofNullable(snapshot.blocks().get(Cidr.containing(address, pool.get().blockSize())))
            .map(held -> snapshot.cooled(held.value()));
    Optional<Allocation> holder = block.flatMap(b -> b.holder(address));
    String object = "address " + Ip.text(address);
    String used = "used by " + endpoint.key() + " on this node and ";
    if (holder.isEmpty()) {
      Map<String, String> attributes = new HashMap<>();
      endpoint.metadata().annotation(NETWORK).ifPresent(n -> attributes.put("network", n));
      endpoint.containerId().ifPresent(id -> attributes.put("container", id));
      endpoint.pod().ifPresent(name -> attributes.put("pod", name));
      endpoint.pod().ifPresent(p -> attributes.put("namespace", endpoint.metadata().namespace()));
      findings.add(
          Finding.fixable(
                  object,
                  used + "held by nobody",
                  "assign it again",
                  new Fix.Reassign(endpoint.handle(), address, attributes))
              .lost());
    } else if (!holder.get().handleId().equals(Optional.of(endpoint.handle()))) {
      String other =
          holder.get().handleId().orElse("nobody until it has cooled down")
              + holder.get().node().map(n -> " on node " + n).orElse("");
      findings.add(
          Finding.of(object, used + "held by " + other, "delete one of the two pods").lost());
    }
  }

  private void twice() {
    Map<InetAddress, WorkloadEndpoint> users = new HashMap<>();
    for (Held<WorkloadEndpoint> held : snapshot.endpoints()) {
      for (Cidr cidr : held.value().ipNetworks()) {
        WorkloadEndpoint other = users.put(cidr.network(), held.value());
        if (other != null) {
          findings.add(
              Finding.of(
                  "address " + Ip.text(cidr.network()),
                  "in both " + other.key() + " and " + held.value().key(),
                  "delete one of the two pods"));
        }
      }
    }
  }

  private void links(Map<String, String> links) {
    links.forEach(
        (handle, link) -> {
          if (!endpoints.containsKey(handle)) {
            findings.add(
                Finding.of(
                    "link " + link,
                    "of " + handle + ", which has no endpoint in the store",
                    "delete the pod"));
          }
        });
  }
}
