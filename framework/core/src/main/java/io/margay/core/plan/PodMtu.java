// SPDX-License-Identifier: Apache-2.0
package io.margay.core.plan;

import io.margay.api.mode.Info;
import io.margay.api.mode.LocalNode;
import io.margay.api.net.IpFamily;
import io.margay.api.resource.FelixConfiguration;
import io.margay.core.view.ClusterView;
import io.margay.core.view.PoolEntry;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * MTU of pods: small enough for every mode that the cluster may switch to, so that a switch changes
 * no pod's MTU.
 */
public final class PodMtu {
  /** Overheads that hold whether the mode's bundle is installed or not. */
  private static final Map<String, Map<IpFamily, Integer>> KNOWN =
      Map.of(
          "direct", Map.of(IpFamily.IPV4, 0, IpFamily.IPV6, 0),
          "ipip", Map.of(IpFamily.IPV4, 20),
          "vxlan", Map.of(IpFamily.IPV4, 50, IpFamily.IPV6, 70));

  private PodMtu() {}

  /**
   * What pods of this node are to have; empty while its uplink is not known.
   *
   * @param installed says the overhead of modes that are not known here
   */
  public static OptionalInt of(
      ClusterView view,
      Optional<Underlay> underlay,
      FelixConfiguration configuration,
      Collection<Info> installed) {
    Optional<LocalNode> self = view.own().flatMap(own -> underlay.map(u -> LocalNodes.of(own, u)));
    if (self.isEmpty() || self.get().uplinks().isEmpty()) {
      return OptionalInt.empty();
    }
    return OptionalInt.of(bytes(self.get().uplinkMtuBytes(), view, configuration, installed));
  }

  /** As {@link #of}, on an uplink of this MTU. */
  public static int bytes(
      int uplinkMtuBytes,
      ClusterView view,
      FelixConfiguration configuration,
      Collection<Info> installed) {
    Set<IpFamily> families =
        view.pools().values().stream()
            .filter(PoolEntry::enabled)
            .map(p -> p.cidr().family())
            .collect(Collectors.toSet());
    List<String> allowed = configuration.allowedModes();
    int bytes = bytes(uplinkMtuBytes, allowed, families, installed);
    for (OptionalInt configured : configured(configuration, allowed, families)) {
      bytes = Math.min(bytes, configured.orElse(bytes));
    }
    return bytes;
  }

  /** MTUs of tunnel devices through which pods' packets may have to go. */
  private static List<OptionalInt> configured(
      FelixConfiguration configuration, List<String> allowed, Set<IpFamily> families) {
    List<OptionalInt> mtus = new ArrayList<>();
    if (allowed.contains("ipip") && families.contains(IpFamily.IPV4)) {
      mtus.add(configuration.ipipMtu());
    }
    if (allowed.contains("vxlan") && families.contains(IpFamily.IPV4)) {
      mtus.add(configuration.vxlanMtu());
    }
    if (allowed.contains("vxlan") && families.contains(IpFamily.IPV6)) {
      mtus.add(configuration.vxlanMtuV6());
    }
    return mtus;
  }

  /**
   * The uplink's MTU less the largest overhead.
   *
   * @param allowed names of the modes that pools of this cluster may have
   * @param families those of the enabled pools
   * @param installed says the overhead of modes that are not known here
   */
  public static int bytes(
      int uplinkMtuBytes,
      List<String> allowed,
      Set<IpFamily> families,
      Collection<Info> installed) {
    int largest = 0;
    for (String mode : allowed) {
      for (IpFamily family : families) {
        largest = Math.max(largest, overheadBytes(mode, family, installed));
      }
    }
    return uplinkMtuBytes - largest;
  }

  private static int overheadBytes(String mode, IpFamily family, Collection<Info> installed) {
    Map<IpFamily, Integer> known = KNOWN.get(mode);
    return known != null
        ? known.getOrDefault(family, 0)
        : installed.stream()
            .filter(i -> i.name().equals(mode))
            .mapToInt(i -> i.overheadBytes(family))
            .max()
            .orElse(0);
  }
}
