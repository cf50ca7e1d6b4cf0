// SPDX-License-Identifier: Apache-2.0
package io.margay.core.plan;

import io.margay.api.mode.Info;
import io.margay.api.net.IpFamily;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;

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
