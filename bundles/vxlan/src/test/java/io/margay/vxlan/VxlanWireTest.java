// SPDX-License-Identifier: Apache-2.0
package io.margay.vxlan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.margay.api.mode.Settings;
import io.margay.api.mode.Wire;
import io.margay.api.net.IpFamily;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class VxlanWireTest {
  @ParameterizedTest
  @CsvSource({
    "vxlan/4096/4789, vxlan.calico",
    "vxlan/4096/4789/v6, vxlan-v6.calico",
    "vxlan/4096/4790, vx-1000-12b6",
    "vxlan/4097/4789/v6, vx6-1001-12b5",
    "vxlan/1/1, vx-1-1",
    "vxlan/16777215/65535/v6, vx6-ffffff-ffff"
  })
  void namesItsDevice(String name, String link) {
    VxlanWire wire = VxlanWire.parse(new Wire(name)).orElseThrow();

    assertEquals(link, wire.linkName());
    assertEquals(name, wire.wire().name());
    assertTrue(link.length() <= 15, link);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "ipip",
        "vxlan",
        "vxlan/4096",
        "vxlan/04096/4789",
        "vxlan/0/4789",
        "vxlan/16777216/4789",
        "vxlan/4096/65536",
        "vxlan/4096/4789/v4",
        "vxlan/4096/4789/v6/x",
        "vxlan2/4096/4789"
      })
  void knowsNoOtherWires(String name) {
    assertEquals(Optional.empty(), VxlanWire.parse(new Wire(name)));
  }

  @Test
  void followsTheSettings() {
    Settings settings = new Settings(Map.of("vxlanVNI", "7", "vxlanPort", "8472"));

    assertEquals("vxlan/7/8472/v6", VxlanWire.of(settings, IpFamily.IPV6).wire().name());
    assertEquals(
        "vxlan/4096/4789", VxlanWire.of(new Settings(Map.of()), IpFamily.IPV4).wire().name());
  }
}
