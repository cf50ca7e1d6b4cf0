// SPDX-License-Identifier: Apache-2.0
package io.margay.core.plan;

import io.margay.api.dataplane.ActualState.FibResult;
import io.margay.api.dataplane.ActualState.Interface;
import io.margay.api.dataplane.KernelObject;
import io.margay.api.dataplane.Sysctl;
import io.margay.api.mode.LocalNode;
import io.margay.api.mode.Plan;
import io.margay.api.net.IpFamily;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * Takes strict reverse path filtering off the ways between nodes, and nothing else: while a pool
 * changes its mode, packets of one pod arrive by the uplink and by a tunnel, and a strict filter
 * drops those of one of them. The kernel takes the larger of a link's value and that of {@code all}
 * (Documentation/networking/ip-sysctl), so {@code all} must not be 1.
 */
final class ReversePath {
  private static final int OFF = 0;
  private static final int STRICT = 1;
  private static final int LOOSE = 2;

  /** Kinds of links that only modes make. */
  private static final Set<String> TUNNELS = Set.of("ipip", "vxlan");

  private ReversePath() {}

  /**
   * In the order of writing, no step of which is stricter than before: uplinks become loose, what
   * {@code all} said is handed to the other links, then {@code all} is switched off.
   *
   * @param plans of the modes, which set their own links
   * @param podPrefix of the names of pods' links, which are set with each pod
   */
  static List<Sysctl> of(
      LocalNode self, Underlay underlay, Collection<Plan> plans, String podPrefix) {
    Map<String, Integer> now = underlay.rpFilter();
    int all = now.getOrDefault("all", LOOSE);
    List<Sysctl> sysctls = new ArrayList<>();
    SortedSet<String> uplinks = uplinks(self, underlay);
    for (String uplink : uplinks) {
      // One that is off altogether needs nothing, and would only become stricter.
      if (now.containsKey(uplink) && Math.max(all, now.get(uplink)) != OFF) {
        sysctls.add(sysctl(uplink, LOOSE));
      }
    }
    if (all == STRICT) {
      Set<Object> ofModes = new HashSet<>();
      plans.forEach(p -> p.standing().stream().map(KernelObject::key).forEach(ofModes::add));
      for (Interface link : underlay.links()) {
        boolean isOurs =
            link.name().startsWith(podPrefix)
                || link.alias().startsWith("mode/")
                || TUNNELS.contains(link.type())
                || ofModes.contains(sysctl(link.name(), OFF).key());
        if (!isOurs && !uplinks.contains(link.name()) && isOff(now, link.name())) {
          sysctls.add(sysctl(link.name(), STRICT));
        }
      }
      if (isOff(now, "default")) {
        sysctls.add(sysctl("default", STRICT)); // For links that come later.
      }
    }
    if (all != LOOSE) {
      sysctls.add(sysctl("all", OFF));
    }
    return sysctls;
  }

  private static boolean isOff(Map<String, Integer> now, String link) {
    return now.getOrDefault(link, STRICT) == OFF;
  }

  private static SortedSet<String> uplinks(LocalNode self, Underlay underlay) {
    SortedSet<String> uplinks = new TreeSet<>();
    Optional.ofNullable(self.uplinks().get(IpFamily.IPV4)).ifPresent(uplinks::add);
    underlay.routes().forEach((address, route) -> addWay(address, route, uplinks));
    return uplinks;
  }

  private static void addWay(InetAddress address, FibResult route, Set<String> uplinks) {
    if (IpFamily.of(address) == IpFamily.IPV4 && !route.local()) {
      uplinks.add(route.link());
    }
  }

  private static Sysctl sysctl(String link, int value) {
    return Sysctl.of("net/ipv4/conf/" + link + "/rp_filter", value);
  }
}
