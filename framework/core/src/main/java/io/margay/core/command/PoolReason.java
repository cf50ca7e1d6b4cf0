// SPDX-License-Identifier: Apache-2.0
package io.margay.core.command;

import io.margay.api.resource.IpPool;
import io.margay.api.resource.IpPool.AllowedUse;
import io.margay.api.resource.IpPool.AssignmentMode;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Why an address is of this pool and no other, as far as today's pools and labels tell. Who asks
 * for a pool gets it whatever its rules; without that, pools are used in the order of their names.
 *
 * @param node name of the node that uses the address
 * @param nodeLabels its labels; empty when the node is gone
 * @param isTunnel whether a tunnel has it, and no pod
 */
record PoolReason(String node, Optional<Map<String, String>> nodeLabels, boolean isTunnel) {
  /** One sentence. */
  String of(IpPool pool, List<IpPool> pools) {
    if (nodeLabels.isEmpty()) {
      return "not known any more: node " + node + " is gone";
    }
    Optional<String> against = against(pool);
    if (against.isPresent()) {
      return "it was asked for by name or address, or its rules have changed since: "
          + against.get();
    }
    String by =
        "its nodeSelector "
            + pool.nodeSelector()
            + " selects "
            + node
            + (isTunnel
                ? ", its allowedUses contain Tunnel"
                : pool.namespaceSelector().toString().isEmpty()
                    ? ""
                    : ", its namespaceSelector is " + pool.namespaceSelector());
    return earlier(pool, pools)
        .map(
            other ->
                by + "; " + other + " comes before it: that was full then, or this was asked for")
        .orElse(by + ", and no pool that may serve it comes before");
  }

  /** A pool that would have been used first. */
  private Optional<String> earlier(IpPool pool, List<IpPool> pools) {
    return isTunnel
        ? Optional.empty()
        : pools.stream()
            .filter(other -> other.name().compareTo(pool.name()) < 0)
            .filter(other -> other.cidr().family() == pool.cidr().family())
            .filter(other -> !other.disabled() && against(other).isEmpty())
            .filter(other -> other.namespaceSelector().matches(Map.of()))
            .map(IpPool::name)
            .findFirst();
  }

  /** What of the pool's rules speaks against it. */
  private Optional<String> against(IpPool pool) {
    AllowedUse use = isTunnel ? AllowedUse.TUNNEL : AllowedUse.WORKLOAD;
    if (!pool.allowedUses().contains(use)) {
      return Optional.of("its allowedUses do not contain " + (isTunnel ? "Tunnel" : "Workload"));
    }
    if (!pool.nodeSelector().matches(nodeLabels.orElse(Map.of()))) {
      return Optional.of("its nodeSelector " + pool.nodeSelector() + " does not select " + node);
    }
    if (!isTunnel && pool.assignmentMode() == AssignmentMode.MANUAL) {
      return Optional.of("its assignmentMode is Manual");
    }
    return Optional.empty();
  }
}
