// SPDX-License-Identifier: Apache-2.0
package io.margay.core.plan;

import io.margay.api.dataplane.Address;
import io.margay.api.dataplane.BpfMap;
import io.margay.api.dataplane.BpfMapEntry;
import io.margay.api.dataplane.BpfProgram;
import io.margay.api.dataplane.FdbEntry;
import io.margay.api.dataplane.KernelObject;
import io.margay.api.dataplane.Link;
import io.margay.api.dataplane.Neighbour;
import io.margay.api.dataplane.Owner;
import io.margay.api.dataplane.Route;
import io.margay.api.net.Cidr;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * What stays in the kernel although nobody declares it: the routes of pools that cannot be planned
 * now, those of blocks without a pool, and the devices of modes that have no bundle now.
 */
public final class FrozenObjects implements Predicate<KernelObject> {
  private final List<Cidr> cidrs;
  private final Set<String> links;
  private final boolean keepsPrograms;
  private final String podPrefix;

  /**
   * The objects to keep.
   *
   * @param cidrs of pools that are not declared, and blocks without a pool
   * @param modes that pools need and nobody plans for now
   * @param podPrefix of interfaces of pods: routes over those are of pods, which are known
   */
  public FrozenObjects(List<Cidr> cidrs, Set<String> modes, Underlay underlay, String podPrefix) {
    this.cidrs = new ArrayList<>(cidrs);
    this.podPrefix = podPrefix;
    keepsPrograms = !modes.isEmpty(); // Maps and programs do not tell of which mode they are.
    links =
        underlay.links().stream()
            .filter(l -> modes.stream().anyMatch(m -> l.alias().equals(Owner.mode(m).name())))
            .map(l -> l.name())
            .collect(Collectors.toUnmodifiableSet());
  }

  @Override
  public boolean test(KernelObject object) {
    if (object instanceof Route route) {
      return route.type() == Route.Type.UNICAST
          && cidrs.stream().anyMatch(c -> c.contains(route.destination()))
          && route.nextHops().stream()
              .noneMatch(n -> n.link().filter(l -> l.startsWith(podPrefix)).isPresent());
    }
    if (object instanceof Link link) {
      return links.contains(link.name());
    }
    if (object instanceof BpfProgram || object instanceof BpfMap || object instanceof BpfMapEntry) {
      return keepsPrograms;
    }
    if (object instanceof Address address) {
      return links.contains(address.link());
    }
    if (object instanceof Neighbour neighbour) {
      return links.contains(neighbour.link());
    }
    return object instanceof FdbEntry entry && links.contains(entry.link());
  }
}
