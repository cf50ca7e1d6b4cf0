// SPDX-License-Identifier: Apache-2.0
package io.margay.ipam;

import io.margay.api.ipam.AddressRequest;
import io.margay.api.ipam.AddressRequest.Use;
import io.margay.api.net.IpFamily;
import io.margay.api.resource.IpPool;
import io.margay.api.resource.IpPool.AllowedUse;
import io.margay.api.resource.IpPool.AssignmentMode;
import io.margay.api.resource.Namespace;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Which pools may serve a request, and why the others may not.
 *
 * @param pools in the order in which they are used
 * @param refusals a sentence for each pool that may not, by {@code pool NAME (CIDR)}
 */
record PoolChoice(List<IpPool> pools, List<String> refusals) {
  PoolChoice {
    pools = List.copyOf(pools);
    refusals = List.copyOf(refusals);
  }

  /** The choice for one address of a family: by name when pools of it are named, else by rule. */
  static PoolChoice of(
      AddressRequest request, IpFamily family, List<IpPool> all, Map<String, String> nodeLabels) {
    List<String> mistakes = mistakes(request, family, all);
    if (!mistakes.isEmpty()) {
      return new PoolChoice(List.of(), mistakes);
    }
    List<IpPool> pools = all.stream().filter(p -> p.cidr().family() == family).toList();
    boolean byName = pools.stream().anyMatch(pool -> isNamed(pool, request));
    List<IpPool> taken = new ArrayList<>();
    List<String> refusals = new ArrayList<>();
    for (IpPool pool : pools) {
      Optional<String> why =
          whyUnusable(pool, request.use())
              .or(
                  () ->
                      byName
                          ? whyNotNamed(pool, request)
                          : whyNotSelected(pool, request, nodeLabels));
      why.ifPresent(w -> refusals.add(name(pool) + ": " + w));
      if (why.isEmpty()) {
        taken.add(pool);
      }
    }
    return new PoolChoice(taken, refusals);
  }

  /**
   * Pools that the request names and that cannot serve it: as with Calico, the others that it names
   * do not make up for them.
   */
  private static List<String> mistakes(AddressRequest request, IpFamily family, List<IpPool> all) {
    List<String> mistakes = new ArrayList<>();
    for (String wanted : request.pools()) {
      Optional<IpPool> pool = all.stream().filter(p -> isNamed(p, wanted)).findFirst();
      if (pool.isEmpty()) {
        mistakes.add("pool " + wanted + ": there is none of this name or CIDR");
      }
      pool.filter(p -> p.cidr().family() == family)
          .flatMap(p -> whyUnusable(p, request.use()).map(why -> name(p) + ": " + why))
          .ifPresent(mistakes::add);
    }
    return mistakes;
  }

  /** The choice for one certain address: selectors, mode and names of pools do not apply. */
  static PoolChoice of(AddressRequest request, InetAddress address, List<IpPool> all) {
    List<IpPool> taken = new ArrayList<>();
    List<String> refusals = new ArrayList<>();
    for (IpPool pool : all) {
      if (pool.cidr().contains(address)) {
        Optional<String> why = whyUnusable(pool, request.use());
        why.ifPresent(w -> refusals.add(name(pool) + ": " + w));
        if (why.isEmpty()) {
          taken.add(pool);
        }
      }
    }
    return new PoolChoice(taken, refusals);
  }

  /** The refusals as one text, for an error message. */
  String why() {
    return refusals.isEmpty() ? "there is no pool" : String.join("; ", refusals);
  }

  static String name(IpPool pool) {
    return "pool " + pool.name() + " (" + pool.cidr() + ")";
  }

  private static Optional<String> whyUnusable(IpPool pool, Use use) {
    if (pool.metadata().isBeingDeleted()) {
      return Optional.of("it is being deleted");
    }
    if (pool.disabled()) {
      return Optional.of("it is disabled");
    }
    if (pool.allocatable().equals(Optional.of(false))) {
      return Optional.of("its status says that it is not allocatable");
    }
    AllowedUse wanted = use == Use.TUNNEL ? AllowedUse.TUNNEL : AllowedUse.WORKLOAD;
    if (!pool.allowedUses().contains(wanted)) {
      return Optional.of(
          "its allowedUses are "
              + pool.allowedUses().stream()
                  .sorted()
                  .map(PoolChoice::text)
                  .collect(Collectors.joining(", "))
              + ", not "
              + text(wanted));
    }
    return Optional.empty();
  }

  private static Optional<String> whyNotNamed(IpPool pool, AddressRequest request) {
    return request.pools().isEmpty() || isNamed(pool, request)
        ? Optional.empty()
        : Optional.of("the request asks for " + String.join(", ", request.pools()));
  }

  private static Optional<String> whyNotSelected(
      IpPool pool, AddressRequest request, Map<String, String> nodeLabels) {
    if (pool.assignmentMode() == AssignmentMode.MANUAL) {
      return Optional.of("its assignmentMode is Manual, and the request does not name it");
    }
    if (!pool.nodeSelector().matches(nodeLabels)) {
      return Optional.of(
          "its nodeSelector " + pool.nodeSelector() + " does not select node " + request.node());
    }
    if (!pool.namespaceSelector().matches(request.namespaceLabels())) {
      return Optional.of(
          "its namespaceSelector "
              + pool.namespaceSelector()
              + " does not select "
              + namespace(request));
    }
    return Optional.empty();
  }

  private static String namespace(AddressRequest request) {
    String name = request.namespaceLabels().get(Namespace.NAME_LABEL);
    return name == null ? "the namespace" : "namespace " + name;
  }

  /** As the resource spells it. */
  private static String text(AllowedUse use) {
    return switch (use) {
      case WORKLOAD -> "Workload";
      case TUNNEL -> "Tunnel";
      case LOAD_BALANCER -> "LoadBalancer";
    };
  }

  private static boolean isNamed(IpPool pool, AddressRequest request) {
    return request.pools().stream().anyMatch(wanted -> isNamed(pool, wanted));
  }

  private static boolean isNamed(IpPool pool, String wanted) {
    return pool.name().equals(wanted) || pool.cidr().toString().equals(wanted);
  }
}
