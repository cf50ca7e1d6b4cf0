// SPDX-License-Identifier: Apache-2.0
package io.margay.api.dataplane;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.margay.api.dataplane.Route.Encap;
import io.margay.api.net.Cidr;
import io.margay.api.net.Ip;
import io.margay.api.net.MacAddress;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GrantTest {
  private static final Grant VXLAN =
      Grant.parse("acme", "link;name=\"vx-*\";kind=\"vxlan\", on;link=\"eth*\";kinds=\"offload\"");
  private static final Route ROUTE =
      Route.of(Cidr.parse("10.65.0.0/26"), NextHop.via(Ip.parse("192.0.2.1"), "eth0"));

  @Test
  void allowsLinksByNameAndKindAndWhatIsOnThem() {
    assertAllowed(VXLAN, Link.of("vx-1", "vxlan"));
    assertAllowed(VXLAN, Address.of("vx-1", Ip.parse("10.65.0.1"), 32));
    assertAllowed(VXLAN, Neighbour.of("vx-1", Ip.parse("10.65.1.1"), mac()));
    assertAllowed(VXLAN, FdbEntry.of("vx-1", mac(), Ip.parse("192.0.2.2")));
    assertAllowed(VXLAN, Sysctl.of("net/ipv4/conf/vx-1/rp_filter", 2));
    assertAllowed(VXLAN, Offload.of("vx-1", Offload.Feature.TX_CHECKSUM, false));
  }

  @Test
  void refusesOtherLinksByNameOfTheBundle() {
    assertEquals(
        Optional.of(
            "acme may not own address 10.65.0.1/32 dev eth0 (Margay-Kernel: " + VXLAN + ")"),
        VXLAN.refusal(Address.of("eth0", Ip.parse("10.65.0.1"), 32)));
    assertRefused(VXLAN, Link.of("vx-1", "dummy"));
    assertRefused(VXLAN, Link.of("eth0", "vxlan"));
    assertRefused(VXLAN, Link.external("vx-1"));
    assertRefused(VXLAN, Sysctl.of("net/ipv4/conf/eth0/rp_filter", 2));
    assertRefused(VXLAN, Sysctl.of("net/ipv4/conf/all/rp_filter", 2));
    assertRefused(VXLAN, Sysctl.of("net/ipv4/ip_forward", 0));
    assertAllowed(VXLAN, Offload.of("eth0", Offload.Feature.TX_CHECKSUM, false));
  }

  @Test
  void allowsPlainRoutesAndOthersOnlyByName() {
    Route encapsulated = ROUTE.withEncap(new Encap(5, List.of()));
    assertAllowed(VXLAN, ROUTE);
    assertRefused(VXLAN, encapsulated);
    assertRefused(VXLAN, ROUTE.withTable(100));
    assertAllowed(Grant.parse("acme", "route;encap=\"5,7\""), encapsulated);
    assertRefused(Grant.parse("acme", "route;encap=\"7\""), encapsulated);
    assertAllowed(Grant.parse("acme", "route;table=100"), ROUTE.withTable(100));
  }

  @Test
  void letsInTrafficByProtocolAndPort() {
    Grant grant = Grant.parse("acme", "traffic;protocol=\"4,41\",traffic;udp=\"4789\"");

    assertEquals(Optional.empty(), grant.refusalOfTraffic(41, 0));
    assertEquals(Optional.empty(), grant.refusalOfTraffic(17, 4789));
    assertEquals(
        Optional.of("acme may not let in UDP port 53 (Margay-Kernel: " + grant + ")"),
        grant.refusalOfTraffic(17, 53));
    assertTrue(grant.refusalOfTraffic(47, 0).isPresent());
    assertTrue(VXLAN.refusalOfTraffic(17, 4789).isPresent());
    assertEquals(Optional.empty(), Grant.usual("acme").refusalOfTraffic(17, 4789));
    assertEquals(Optional.empty(), Grant.usual("acme").refusalOfTraffic(4, 0));
  }

  @Test
  void whoDoesNotSayMayOwnWhatModesUsuallyDo() {
    Grant usual = Grant.usual("acme");

    assertFalse(usual.isDeclared());
    assertAllowed(usual, Link.of("acme0", "vxlan"));
    assertAllowed(usual, Link.external("acme0"));
    assertAllowed(usual, Sysctl.of("net/ipv4/conf/acme0/rp_filter", 2));
    assertAllowed(usual, ROUTE);
    assertRefused(usual, ROUTE.withTable(100));
    assertRefused(usual, Sysctl.of("net/ipv4/conf/all/rp_filter", 0));
    assertRefused(usual, BpfMap.of("counters", BpfMap.Type.HASH, 4, 8, 1));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "device;name=x | Margay-Kernel: device (expected: one of bpf, link, nft, on, route, rule,"
            + " sysctl, traffic)",
        "link;colour=red | Margay-Kernel: link;colour (expected: one of kind, name)",
        "link;name= | Margay-Kernel: link;name= (expected: TYPE;ATTRIBUTE=\"VALUE\")"
      })
  void saysWhatCannotBeRead(String header, String message) {
    IllegalArgumentException refusal =
        assertThrows(IllegalArgumentException.class, () -> Grant.parse("acme", header));

    assertEquals(message, refusal.getMessage().replaceAll(" +", " "));
  }

  private static MacAddress mac() {
    return MacAddress.parse("02:00:00:00:00:01");
  }

  private static void assertAllowed(Grant grant, KernelObject object) {
    assertEquals(Optional.empty(), grant.refusal(object));
  }

  private static void assertRefused(Grant grant, KernelObject object) {
    assertTrue(grant.refusal(object).isPresent(), object.toString());
  }
}
