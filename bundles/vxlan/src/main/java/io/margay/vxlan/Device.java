// SPDX-License-Identifier: Apache-2.0
package io.margay.vxlan;

import static io.margay.api.dataplane.Offload.Feature.TX_CHECKSUM;

import io.margay.api.dataplane.Address;
import io.margay.api.dataplane.Attribute;
import io.margay.api.dataplane.FdbEntry;
import io.margay.api.dataplane.KernelObject;
import io.margay.api.dataplane.Link;
import io.margay.api.dataplane.Neighbour;
import io.margay.api.dataplane.Offload;
import io.margay.api.dataplane.Sysctl;
import io.margay.api.mode.LocalNode;
import io.margay.api.mode.Settings;
import io.margay.api.net.IpFamily;
import java.util.ArrayList;
import java.util.List;

/** The objects that receive one wire, and by which this node can send on it. */
final class Device {
  // linux/if_link.h IFLA_VXLAN_*
  private static final int ID = 1;
  private static final int LOCAL = 4;
  private static final int LEARNING = 7;
  private static final int PORT = 15;
  private static final int LOCAL6 = 17;

  private static final int LOOSE = 2;

  private Device() {}

  /** Outer Ethernet, IP, UDP and VXLAN headers. */
  static int overheadBytes(IpFamily family) {
    return family == IpFamily.IPV4 ? 50 : 70;
  }

  /** Link, address, sysctls, and a neighbour and a forwarding entry for each peer. */
  static List<KernelObject> objects(
      VxlanWire wire, LocalNode self, Settings settings, Vteps vteps) {
    IpFamily family = wire.family();
    String link = wire.linkName();
    List<KernelObject> objects = new ArrayList<>();
    objects.add(link(wire, self, settings));
    objects.add(
        Address.of(
            link,
            self.tunnelAddresses().get(Vtep.addressKey(family)),
            family == IpFamily.IPV4 ? 32 : 128));
    // Strict would drop what comes by this wire while the answer goes by another; and a node may
    // start new links without IPv6.
    objects.add(
        family == IpFamily.IPV4
            ? Sysctl.of("net/ipv4/conf/" + link + "/rp_filter", LOOSE)
            : Sysctl.of("net/ipv6/conf/" + link + "/disable_ipv6", 0));
    settings
        .checksumOffloadBroken()
        .ifPresent(broken -> objects.add(Offload.of(link, TX_CHECKSUM, !broken)));
    for (Vtep vtep : vteps.all()) {
      objects.add(Neighbour.of(link, vtep.gateway(), vtep.mac()));
      objects.add(FdbEntry.of(link, vtep.mac(), vtep.node()));
    }
    return objects;
  }

  private static Link link(VxlanWire wire, LocalNode self, Settings settings) {
    IpFamily family = wire.family();
    return Link.of(wire.linkName(), VxlanMode.NAME)
        .withParent(self.uplinks().get(family))
        .withMac(Vtep.mac(self.name(), family))
        .withMtuBytes(mtuBytes(self, settings, family))
        .withInfo(Attribute.u32(ID, wire.vni()).named("id"))
        .withInfo(
            Attribute.address(
                    family == IpFamily.IPV4 ? LOCAL : LOCAL6, self.addresses().get(family))
                .named("local"))
        .withInfo(Attribute.u8(LEARNING, 0).named("learning"))
        .withInfo(Attribute.be16(PORT, wire.port()).named("dstport"));
  }

  /** What fits the uplink, or less if so configured; 0 is Calico's word for not configured. */
  private static int mtuBytes(LocalNode self, Settings settings, IpFamily family) {
    int fits = self.uplinkMtuBytes() - overheadBytes(family);
    int configured =
        settings.integer(family == IpFamily.IPV4 ? "vxlanMTU" : "vxlanMTUV6").orElse(0);
    return configured == 0 ? fits : Math.min(configured, fits);
  }
}
