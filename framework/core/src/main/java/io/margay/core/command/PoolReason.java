// SPDX-License-Identifier: Apache-2.0
package io.margay.core.command;

import io.margay.api.resource.IpPool;
import io.margay.api.resource.IpPool.AllowedUse;
import io.margay.api.resource.IpPool.AssignmentMode;
import io.margay.api.resource.Namespace;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Why an address is of this pool and no other, as far as today's pools and labels tell. Who asks
 * for a pool gets it whatever its rules; without that, pools are used in the order of their names.
 *
 * @param node name of the node that uses the address
 * @param nodeLabels its labels; empty when the node is gone
 * @param namespace of the pod; empty for a tunnel
 */
record PoolReason(
    String node, Optional<Map<String, String>> nodeLabels, Optional<Namespace> namespace) {
  /** One sentence. */
  String of(IpPool pool, List<IpPool> pools) {
    if (nodeLabels.isEmpty()) {
      return "not known any more: node " + node + " is gone";
    }
    if (isAskedFor(pool)) {
      return "namespace " + namespace.orElseThrow().name() + " asks for it by annotation";
    }
    Optional<String> against = against(pool);
    if (against.isPresent()) {
      return "the pod or its network configuration asked for it, or the rules have changed since: "
          + against.get();
    }
    return rules(pool)
        + earlier(pool, pools)
            .map(other -> "; " + other + " comes before it: that was full, or this was asked for")
            .orElse(", and no pool that may serve it comes before");
  }

  private boolean isAskedFor(IpPool pool) {
    return namespace
        .map(n -> n.addresses().pools().getOrDefault(pool.cidr().family(), List.of()))
        .filter(asked -> asked.contains(pool.name()) || asked.contains(pool.cidr().toString()))
        .isPresent();
  }

  private String rules(IpPool pool) {
    String byNode = "its nodeSelector " + pool.nodeSelector() + " selects " + node;
    String selector = pool.namespaceSelector().toString();
    if (namespace.isEmpty()) {
      return byNode + ", its allowedUses contain Tunnel";
    }
    return selector.isEmpty() || selector.equals("all()")
        ? byNode
        : byNode
            + ", its namespaceSelector "
            + selector
            + " selects namespace "
            + namespace.get().name();
  }

  /** A pool that would have been used first. */
  private Optional<String> earlier(IpPool pool, List<IpPool> pools) {
    return namespace.isEmpty()
        ? Optional.empty()
        : pools.stream()
            .filter(other -> other.name().compareTo(pool.name()) < 0)
            .filter(other -> other.cidr().family() == pool.cidr().family())
            .filter(other -> !other.disabled() && against(other).isEmpty())
            .map(IpPool::name)
            .findFirst();
  }

  /** What of the pool's rules speaks against it. */
  private Optional<String> against(IpPool pool) {
    AllowedUse use = namespace.isPresent() ? AllowedUse.WORKLOAD : AllowedUse.TUNNEL;
    if (!pool.allowedUses().contains(use)) {
      return Optional.of(
          "its allowedUses do not contain " + (namespace.isPresent() ? "Workload" : "Tunnel"));
    }
    if (!pool.nodeSelector().matches(nodeLabels.orElse(Map.of()))) {
      return Optional.of("its nodeSelector " + pool.nodeSelector() + " does not select " + node);
    }
    return namespace.flatMap(
        n ->
            pool.assignmentMode() == AssignmentMode.MANUAL
                ? Optional.of("its assignmentMode is Manual")
                : pool.namespaceSelector().matches(n.labels())
                    ? Optional.empty()
                    : Optional.of(
                        "its namespaceSelector "
                            + pool.namespaceSelector()
                            + " does not select namespace "
                            + n.name()));
  }
}
