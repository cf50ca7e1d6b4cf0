// SPDX-License-Identifier: Apache-2.0
package io.margay.ipip;

import io.margay.api.dataplane.Address;
import io.margay.api.dataplane.KernelObject;
import io.margay.api.dataplane.Sysctl;
import io.margay.api.mode.ModeView;
import java.util.List;

/** What the devices of both drivers have in common. */
final class Device {
  /** Outer IPv4 header. */
  static final int OVERHEAD_BYTES = 20;

  private static final int ADDRESS_BITS = 32;
  private static final int LOOSE = 2;

  private Device() {}

  /** What fits the uplink, or less if so configured; 0 is Calico's word for not configured. */
  static int mtuBytes(ModeView view) {
    int fits = view.self().uplinkMtuBytes() - OVERHEAD_BYTES;
    int configured = view.settings().integer("ipipMTU").orElse(0);
    return configured == 0 ? fits : Math.min(configured, fits);
  }

  /** The tunnel address, without which the kernel would check sources strictly all the same. */
  static List<KernelObject> address(String link, ModeView view) {
    return List.of(
        Address.of(link, view.self().tunnelAddresses().get(Tunnels.ADDRESS), ADDRESS_BITS),
        // Strict would drop what comes by this wire while the answer goes by another.
        Sysctl.of("net/ipv4/conf/" + link + "/rp_filter", LOOSE));
  }
}
