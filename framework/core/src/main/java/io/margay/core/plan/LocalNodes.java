// SPDX-License-Identifier: Apache-2.0
package io.margay.core.plan;

import io.margay.api.dataplane.ActualState.Interface;
import io.margay.api.mode.LocalNode;
import io.margay.api.net.InterfaceAddress;
import io.margay.api.net.IpFamily;
import io.margay.core.view.NodeEntry;
import java.net.InetAddress;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/** Derives this node, as modes see it, from its resource and its interfaces. */
public final class LocalNodes {
  /** Assumed while no interface has the node's address. */
  public static final int DEFAULT_MTU_BYTES = 1500;

  private LocalNodes() {}

  /** This node as one mode sees it. */
  public static LocalNode of(NodeEntry own, Underlay underlay, String mode) {
    return of(own, underlay).withSettings(own.settings().getOrDefault(mode, Map.of()));
  }

  /** This node; an address that is on no interface has no uplink. */
  public static LocalNode of(NodeEntry own, Underlay underlay) {
    Map<IpFamily, InetAddress> addresses = new EnumMap<>(IpFamily.class);
    Map<IpFamily, Integer> prefixLengths = new EnumMap<>(IpFamily.class);
    Map<IpFamily, String> uplinks = new EnumMap<>(IpFamily.class);
    int mtuBytes = Integer.MAX_VALUE;
    for (InterfaceAddress node : own.addresses().values()) {
      IpFamily family = node.family();
      addresses.put(family, node.address());
      prefixLengths.put(family, node.prefixLength());
      Interface uplink = underlay.linkOf(node.address()).orElse(null);
      if (uplink != null) {
        uplinks.put(family, uplink.name());
        mtuBytes = Math.min(mtuBytes, uplink.mtuBytes());
      }
    }
    Set<InetAddress> poolAddresses = new HashSet<>(own.tunnelAddresses().values());
    poolAddresses.addAll(own.parked().values());
    return new LocalNode(
            own.name(),
            addresses,
            prefixLengths,
            uplinks,
            uplinks.isEmpty() ? DEFAULT_MTU_BYTES : mtuBytes,
            own.tunnelAddresses())
        .withPoolAddresses(poolAddresses);
  }
}
