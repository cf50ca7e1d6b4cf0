// SPDX-License-Identifier: Apache-2.0
package io.margay.ipip;

import io.margay.api.dataplane.Attribute;
import io.margay.api.dataplane.KernelObject;
import io.margay.api.dataplane.Link;
import io.margay.api.dataplane.Offload;
import io.margay.api.mode.ModeView;
import java.util.ArrayList;
import java.util.List;

/**
 * The kernel's own device: any local and any remote address, the route says to which node.
 *
 * <p>The module that brings the type makes {@code tunl0} by itself, and does not let its attributes
 * be changed; what is declared here is what it has.
 */
final class KernelDevice {
  static final String LINK = "tunl0";

  // linux/if_tunnel.h IFLA_IPTUN_*
  private static final int TTL = 4;
  private static final int PMTUDISC = 10;

  private KernelDevice() {}

  static List<KernelObject> objects(ModeView view) {
    List<KernelObject> objects = new ArrayList<>();
    // TTL and DF of a packet are those of the packet inside.
    objects.add(
        Link.of(LINK, Driver.IPIP)
            .withMtuBytes(Device.mtuBytes(view))
            .withInfo(Attribute.u8(TTL, 0).named("ttl"))
            .withInfo(Attribute.u8(PMTUDISC, 0).named("pmtudisc")));
    objects.addAll(Device.address(LINK, view));
    view.settings()
        .checksumOffloadBroken()
        .ifPresent(broken -> objects.add(Offload.of(LINK, Offload.Feature.TX_CHECKSUM, !broken)));
    return objects;
  }
}
