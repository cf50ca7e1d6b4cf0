// SPDX-License-Identifier: Apache-2.0
package io.margay.dataplane.trace;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Files of /proc/net, as the kernel writes them. */
class KernelCountersTest {
  private final Map<String, Long> values = new HashMap<>();

  @Test
  void readsPairsOfLines() {
    KernelCounters.pairs(
        List.of("Ip: Forwarding InAddrErrors", "Ip: 1 5", "Tcp: MaxConn", "Tcp: -1"), values);

    assertEquals(Map.of("Ip.Forwarding", 1L, "Ip.InAddrErrors", 5L, "Tcp.MaxConn", -1L), values);
  }

  @Test
  void readsNamesOfIpv6() {
    KernelCounters.names(List.of("Ip6InNoRoutes   \t7", "Icmp6InMsgs 1"), values);

    assertEquals(Map.of("Ip6.InNoRoutes", 7L, "Icmp6InMsgs", 1L), values);
  }

  @Test
  void readsLinks() {
    KernelCounters.links(
        List.of(
            "Inter-|   Receive  |  Transmit",
            " eth0: 100 2 3 4 0 0 0 0 200 5 6 7 0 0 8 0",
            "a:b:1 1 0 0 0 0 0 0 1 1 0 0 0 0 0 0"),
        values);

    assertEquals(2, values.get("eth0.rxPackets"));
    assertEquals(4, values.get("eth0.rxDropped"));
    assertEquals(6, values.get("eth0.txErrors"));
    assertEquals(8, values.get("eth0.txCarrierErrors"));
    assertEquals(1, values.get("a:b.rxPackets"));
  }

  @Test
  void reportsWhatRose() {
    KernelCounters before = new KernelCounters(Map.of("a", 1L, "b", 2L));
    KernelCounters now = new KernelCounters(Map.of("a", 1L, "b", 5L, "c", 2L));

    assertEquals(Map.of("b", 3L, "c", 2L), now.since(before));
  }
}
