// SPDX-License-Identifier: Apache-2.0
package io.margay.core.plan;

import io.margay.api.dataplane.DesiredState;
import io.margay.api.dataplane.KernelObject;
import io.margay.api.dataplane.Sysctl;
import io.margay.api.mode.LocalNode;
import io.margay.api.mode.Plan;
import io.margay.api.net.IpFamily;
import io.margay.core.view.ClusterView;
import io.margay.core.view.PoolEntry;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;

/** Owner {@code host}: what the node as a whole must do for pods. */
public final class HostObjects {
  private HostObjects() {}

  /**
   * Forwarding of the families that have a pool, unless FelixConfiguration's {@code ipForwarding}
   * is Disabled, and what keeps an IPv6 uplink alive beside it; reverse path filters; nftables.
   *
   * @param self this node
   * @param plans what the modes in use have planned
   */
  public static DesiredState of(
      ClusterView view, LocalNode self, Underlay underlay, Collection<Plan> plans) {
    List<KernelObject> objects = new ArrayList<>();
    if (!"Disabled".equals(view.settings().values().get("ipForwarding"))) {
      objects.addAll(forwarding(view, self, underlay));
    }
    objects.addAll(ReversePath.of(self, underlay, plans, HostRules.podPrefix(view)));
    objects.addAll(HostRules.of(view, plans));
    return DesiredState.of(objects);
  }

  private static List<Sysctl> forwarding(ClusterView view, LocalNode self, Underlay underlay) {
    List<Sysctl> sysctls = new ArrayList<>();
    if (has(view, IpFamily.IPV4)) {
      sysctls.add(Sysctl.of("net/ipv4/ip_forward", 1));
    }
    if (has(view, IpFamily.IPV6)) {
      Optional.ofNullable(self.uplinks().get(IpFamily.IPV6))
          .ifPresent(uplink -> sysctls.addAll(uplink6(uplink, underlay)));
      sysctls.add(Sysctl.of("net/ipv6/conf/all/forwarding", 1));
    }
    return sysctls;
  }

  private static List<Sysctl> uplink6(String uplink, Underlay underlay) {
    String conf = "net/ipv6/conf/" + uplink + "/";
    List<Sysctl> sysctls = new ArrayList<>();
    // Else a link that goes down and up again comes back without the node's address.
    sysctls.add(Sysctl.of(conf + "keep_addr_on_down", 1));
    if (underlay.routerAdvertised().contains(uplink)) {
      // 1 means "while not forwarding": the default route would expire some time from now.
      sysctls.add(Sysctl.of(conf + "accept_ra", 2));
    }
    return sysctls;
  }

  private static boolean has(ClusterView view, IpFamily family) {
    return view.pools().values().stream().map(PoolEntry::cidr).anyMatch(c -> c.family() == family);
  }
}
