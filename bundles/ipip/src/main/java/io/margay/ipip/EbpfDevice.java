// SPDX-License-Identifier: Apache-2.0
package io.margay.ipip;

import static io.margay.api.dataplane.Offload.Feature.TX_CHECKSUM;

import io.margay.api.dataplane.KernelFacts;
import io.margay.api.dataplane.KernelObject;
import io.margay.api.dataplane.Link;
import io.margay.api.dataplane.Neighbour;
import io.margay.api.dataplane.Offload;
import io.margay.api.dataplane.Sysctl;
import io.margay.api.mode.ModeView;
import io.margay.api.net.IpFamily;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * A device that no packet leaves by itself: a program on it takes each packet, puts the outer
 * header before it and sends it by an uplink; a program on each uplink takes the header off.
 */
final class EbpfDevice {
  private static final String PLAIN = "tunl0";

  /** Where {@code tunl0} is the kernel's own, which can be neither replaced nor removed. */
  private static final String BESIDE_KERNEL = "tunl0.ebpf";

  private EbpfDevice() {}

  static String link(KernelFacts kernel) {
    return kernel.linkTypes().contains(Driver.IPIP) ? BESIDE_KERNEL : PLAIN;
  }

  /** The type of the device: one like an Ethernet card that needs no other end. */
  static Optional<String> type(KernelFacts kernel) {
    return Stream.of("dummy", "ifb").filter(kernel.linkTypes()::contains).findFirst();
  }

  static List<KernelObject> objects(ModeView view, Tunnels tunnels) {
    KernelFacts kernel = view.kernel();
    String link = link(kernel);
    InetAddress local = view.self().addresses().get(IpFamily.IPV4);
    List<KernelObject> objects = new ArrayList<>();
    objects.add(
        Link.of(link, type(kernel).orElseThrow())
            .withMac(TunnelMac.DEVICE)
            .withMtuBytes(Device.mtuBytes(view)));
    objects.addAll(Device.address(link, view));
    if (kernel.features().contains("ipv6")) {
      objects.add(Sysctl.of("net/ipv6/conf/" + link + "/disable_ipv6", 1));
    }
    for (Tunnels.End end : tunnels.all()) {
      objects.add(Neighbour.of(link, end.node(), TunnelMac.of(end.node(), end.uplink())));
    }
    objects.add(Counters.map());
    objects.add(Decapsulation.peers());
    tunnels.all().forEach(end -> objects.add(Decapsulation.peer(end.node())));
    objects.add(Encapsulation.program(link, local, tunnels.uplinks()));
    tunnels.uplinks().forEach(uplink -> objects.add(Decapsulation.program(uplink, local)));
    // The program hands packets to the uplink before the kernel would compute checksums for the
    // device, so that it is the uplink whose card must not be asked to.
    if (view.settings().checksumOffloadBroken().orElse(false)) {
      tunnels.uplinks().forEach(uplink -> objects.add(Offload.of(uplink, TX_CHECKSUM, false)));
    }
    return objects;
  }
}
