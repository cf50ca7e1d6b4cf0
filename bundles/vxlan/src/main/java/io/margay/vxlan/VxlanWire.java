// SPDX-License-Identifier: Apache-2.0
package io.margay.vxlan;

import io.margay.api.mode.HostTraffic;
import io.margay.api.mode.Settings;
import io.margay.api.mode.Wire;
import io.margay.api.net.IpFamily;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * VXLAN packets of one VNI to one UDP port, over one family. The name of the device that carries
 * them follows from these three alone, so that it stays the same whether the wire is the one to
 * send by or one that others still send by.
 *
 * @param vni 1..16777215
 * @param port 1..65535
 */
record VxlanWire(int vni, int port, IpFamily family) implements Comparable<VxlanWire> {
  static final int CALICO_VNI = 4096;
  static final int CALICO_PORT = 4789;

  private static final int MAX_VNI = (1 << 24) - 1;
  private static final int MAX_PORT = (1 << 16) - 1;
  private static final int UDP = 17;
  private static final String V6 = "/v6";
  private static final Pattern NAME =
      Pattern.compile(VxlanMode.NAME + "/([1-9]\\d{0,7})/([1-9]\\d{0,4})(" + V6 + ")?");

  VxlanWire {
    check("vxlanVNI", vni, MAX_VNI);
    check("vxlanPort", port, MAX_PORT);
  }

  /** The wire to send by. */
  static VxlanWire of(Settings settings, IpFamily family) {
    return new VxlanWire(
        settings.integer("vxlanVNI").orElse(CALICO_VNI),
        settings.integer("vxlanPort").orElse(CALICO_PORT),
        family);
  }

  /** The wire of this name; empty when it is not one of this mode's. */
  static Optional<VxlanWire> parse(Wire wire) {
    Matcher name = NAME.matcher(wire.name());
    if (!name.matches()) {
      return Optional.empty();
    }
    int vni = Integer.parseInt(name.group(1));
    int port = Integer.parseInt(name.group(2));
    return vni > MAX_VNI || port > MAX_PORT
        ? Optional.empty()
        : Optional.of(
            new VxlanWire(vni, port, name.group(3) == null ? IpFamily.IPV4 : IpFamily.IPV6));
  }

  Wire wire() {
    String name = VxlanMode.NAME + "/" + vni + "/" + port;
    return new Wire(family == IpFamily.IPV4 ? name : name + V6);
  }

  HostTraffic hostTraffic() {
    return new HostTraffic(UDP, port);
  }

  /**
   * Calico's name for Calico's VNI and port; else both in hexadecimal, which fits a link's name.
   */
  String linkName() {
    boolean isCalico = vni == CALICO_VNI && port == CALICO_PORT;
    if (family == IpFamily.IPV4) {
      return isCalico ? "vxlan.calico" : "vx-%x-%x".formatted(vni, port);
    }
    return isCalico ? "vxlan-v6.calico" : "vx6-%x-%x".formatted(vni, port);
  }

  @Override
  public int compareTo(VxlanWire other) {
    return wire().compareTo(other.wire());
  }

  private static void check(String what, int value, int max) {
    if (value < 1 || value > max) {
      throw new IllegalArgumentException(what + ": " + value + " (expected: 1.." + max + ")");
    }
  }
}
