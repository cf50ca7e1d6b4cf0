// SPDX-License-Identifier: Apache-2.0
package io.margay.core.plan;

import io.margay.api.dataplane.DesiredState;
import io.margay.api.dataplane.Sysctl;
import io.margay.api.net.IpFamily;
import io.margay.core.view.ClusterView;
import io.margay.core.view.PoolEntry;
import java.util.ArrayList;
import java.util.List;

/** Owner {@code host}: what the node as a whole must do for pods. */
public final class HostObjects {
  private HostObjects() {}

  /**
   * Forwarding of the families that have a pool, unless FelixConfiguration's {@code ipForwarding}
   * is Disabled.
   */
  public static DesiredState of(ClusterView view) {
    List<Sysctl> sysctls = new ArrayList<>();
    if (!"Disabled".equals(view.settings().values().get("ipForwarding"))) {
      if (has(view, IpFamily.IPV4)) {
        sysctls.add(Sysctl.of("net/ipv4/ip_forward", 1));
      }
      if (has(view, IpFamily.IPV6)) {
        sysctls.add(Sysctl.of("net/ipv6/conf/all/forwarding", 1));
      }
    }
    return DesiredState.of(sysctls);
  }

  private static boolean has(ClusterView view, IpFamily family) {
    return view.pools().values().stream().map(PoolEntry::cidr).anyMatch(c -> c.family() == family);
  }
}
