// SPDX-License-Identifier: Apache-2.0
package io.margay.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.DatagramSocket;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class UdpPortsTest {
  @Test
  void readsTheTablesOfBothFamilies() {
    String heading = "   sl  local_address rem_address   st tx_queue rx_queue";
    String four = " 1031: 00000000:12B5 00000000:0000 07 00000000:00000000";
    String six = "  17: 00000000000000000000000001000000:0035 0000:0000 07 00000000:00000000";

    assertEquals(Set.of(4789, 53), UdpPorts.parse(List.of(heading, four, six)));
    assertEquals(Set.of(), UdpPorts.parse(List.of(heading)));
  }

  @Test
  void findsASocketOfThisProcess() throws Exception {
    int port;
    try (DatagramSocket socket = new DatagramSocket()) {
      port = socket.getLocalPort();
      assertTrue(UdpPorts.inUse().contains(port));
    }
    assertFalse(UdpPorts.inUse().contains(port));
  }
}
