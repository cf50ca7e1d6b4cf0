// SPDX-License-Identifier: Apache-2.0
package io.margay.dataplane;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.margay.api.dataplane.Address;
import io.margay.api.dataplane.Attribute;
import io.margay.api.dataplane.Cause;
import io.margay.api.dataplane.DesiredState;
import io.margay.api.dataplane.FdbEntry;
import io.margay.api.dataplane.Link;
import io.margay.api.dataplane.Neighbour;
import io.margay.api.dataplane.NextHop;
import io.margay.api.dataplane.Offload;
import io.margay.api.dataplane.Owner;
import io.margay.api.dataplane.RateLimit;
import io.margay.api.dataplane.Route;
import io.margay.api.dataplane.Rule;
import io.margay.api.dataplane.Sysctl;
import io.margay.api.net.Cidr;
import io.margay.api.net.Ip;
import io.margay.api.net.IpFamily;
import io.margay.api.net.MacAddress;
import io.margay.api.net.Rate;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Every kind of object at once, as a VXLAN mode declares them; {@code ip} and {@code bridge} tell.
 */
class KindsNetnsIT {
  private static final Owner MODE = Owner.mode("vxlan");
  private static final Cause TEST = new Cause("test");
  private static final MacAddress PEER = MacAddress.parse("66:2d:bf:44:a6:8b");
  private static final Link VTEP = vxlan(4096);

  private static final DesiredState ALL =
      DesiredState.of(
          VTEP,
          Address.of("vx0", Ip.parse("10.65.1.0"), 32),
          Address.of("vx0", Ip.parse("2001:db8:65::1"), 128),
          Address.of("lo", Ip.parse("10.65.9.9"), 32),
          Sysctl.of("net/ipv4/conf/vx0/rp_filter", 2),
          Sysctl.of("net/ipv4/conf/uplink/rp_filter", 2),
          Offload.of("vx0", Offload.Feature.TX_CHECKSUM, false),
          RateLimit.of("vx0", new Rate(12_000_000, 100_000)),
          Neighbour.of("vx0", Ip.parse("10.65.2.0"), PEER),
          Neighbour.of("vx0", Ip.parse("2001:db8:65::2"), PEER),
          FdbEntry.of("vx0", PEER, Ip.parse("192.0.2.2")),
          Rule.of(IpFamily.IPV4, 9801, 77).withFrom(Cidr.parse("10.65.1.0/26")),
          Rule.of(IpFamily.IPV6, 9801, 300).withMark(0x10).withInputLink("uplink"),
          Route.of(
              Cidr.parse("10.65.2.0/26"), NextHop.via(Ip.parse("10.65.2.0"), "vx0").withOnlink()),
          Route.of(
                  Cidr.parse("2001:db8:65:2::/122"),
                  NextHop.via(Ip.parse("2001:db8:65::2"), "vx0").withOnlink())
              .withTable(300),
          Route.of(Cidr.parse("10.65.3.0/26"), NextHop.dev("vx0")).withMetric(512));

  private TestNode node;
  private KernelDataplane dataplane;

  @BeforeEach
  void start() throws Exception {
    node = TestNode.withUplink();
    dataplane = node.dataplane();
  }

  @AfterEach
  void stop() throws Exception {
    if (node != null) {
      node.close();
    }
  }

  @Test
  void writesEachKind() throws Exception {
    declare(ALL);

    String link = node.ip("-d link show vx0");
    assertTrue(link.contains("alias mode/vxlan"), link);
    assertTrue(link.contains("vxlan id 4096") && link.contains("mtu 1450"), link);
    assertTrue(link.contains("dstport 4789") && link.contains("nolearning"), link);
    assertTrue(link.contains("66:f9:37:c3:7e:94") && link.contains(",UP"), link);
    String addresses = node.ip("addr show dev vx0 scope global");
    assertTrue(addresses.contains("10.65.1.0/32"), addresses);
    assertTrue(addresses.contains("2001:db8:65::1/128"), addresses);
    assertFalse(addresses.contains("tentative"), addresses);
    assertEquals("2\n", node.exec("cat /proc/sys/net/ipv4/conf/vx0/rp_filter"));
    assertTrue(node.exec("ethtool -k vx0").contains("tx-checksumming: off"));
    assertTrue(node.exec("ethtool -k uplink").contains("tx-checksumming: on"));
    String qdisc = node.tool("tc", "qdisc show dev vx0 root");
    assertTrue(qdisc.contains("tbf 9800: root"), qdisc);
    assertTrue(qdisc.contains("rate 12Mbit burst ") && qdisc.contains("lat 25ms"), qdisc);
    String neighbours = node.ip("neigh show dev vx0 nud permanent");
    assertTrue(neighbours.contains("10.65.2.0 lladdr 66:2d:bf:44:a6:8b"), neighbours);
    assertTrue(neighbours.contains("2001:db8:65::2 lladdr 66:2d:bf:44:a6:8b"), neighbours);
    String fdb = node.tool("bridge", "fdb show dev vx0");
    assertTrue(fdb.contains("66:2d:bf:44:a6:8b dst 192.0.2.2 self permanent"), fdb);
    String rules = node.ip("-N rule show") + node.ip("-N -6 rule show");
    assertTrue(rules.contains("9801:\tfrom 10.65.1.0/26 lookup 77 proto 80"), rules);
    assertTrue(rules.contains("9801:\tfrom all fwmark 0x10 iif uplink lookup 300"), rules);
    ALL.objects().stream()
        .filter(Route.class::isInstance)
        .forEach(r -> assertTrue(IpRoutes.holds(node, (Route) r, 80), r.toString()));
    assertEquals(ALL.objects().size(), dataplane.written());
  }

  @Test
  void writesNothingAfterARestart() throws Exception {
    declare(ALL);

    restart();
    declare(ALL);

    assertEquals(0, dataplane.written());
    assertEquals(List.of(), dataplane.preview(MODE, ALL));
  }

  @Test
  void sweepsEachKindAfterARestart() throws Exception {
    declare(ALL);
    restart();

    dataplane.sweep(object -> false, TEST);

    TestNode.await("link deleted", () -> !node.ip("link show").contains("vx0"));
    TestNode.barrier(dataplane);
    assertEquals("", node.ip("addr show to 10.65.9.9"));
    assertFalse((node.ip("rule show") + node.ip("-6 rule show")).contains("980"));
    assertEquals("", node.ip("route show table all proto 80"));
    assertEquals("2\n", node.exec("cat /proc/sys/net/ipv4/conf/uplink/rp_filter"));
    assertTrue(node.ip("addr show dev uplink").contains("192.0.2.1/24"));
  }

  @Test
  void retireRemovesEachKindButLeavesSysctls() throws Exception {
    declare(ALL);

    dataplane.retire(MODE, TEST);
    settle();

    assertFalse(node.ip("link show").contains("vx0"));
    assertEquals("", node.ip("addr show to 10.65.9.9"));
    assertEquals("", node.ip("route show table all proto 80"));
    assertEquals("2\n", node.exec("cat /proc/sys/net/ipv4/conf/uplink/rp_filter"));
  }

  @Test
  void replacesNeighbourForwardingEntryAndRule() throws Exception {
    declare(ALL);
    MacAddress moved = MacAddress.parse("66:00:00:00:00:01");
    DesiredState next =
        DesiredState.of(
            VTEP,
            Neighbour.of("vx0", Ip.parse("10.65.2.0"), moved),
            FdbEntry.of("vx0", PEER, Ip.parse("192.0.2.3")),
            Rule.of(IpFamily.IPV4, 9801, 78));

    declare(next);

    // The kernel has one table for all namespaces; while others change it, a dump may miss entries.
    TestNode.await(
        "the neighbour has moved",
        () ->
            node.ip("neigh show dev vx0 nud permanent")
                .contains("10.65.2.0 lladdr 66:00:00:00:00:01"));
    String fdb = node.tool("bridge", "fdb show dev vx0");
    assertTrue(fdb.contains("dst 192.0.2.3") && !fdb.contains("dst 192.0.2.2"), fdb);
    String rules = node.ip("rule show");
    assertTrue(rules.contains("from all lookup 78") && !rules.contains("lookup 77"), rules);
  }

  @Test
  void changesALinkInPlaceAndMakesItAnewWhenItMust() throws Exception {
    declare(ALL);
    String index = node.ip("-o link show vx0").split(":")[0];
    // Not declared, so nobody would bring it back.
    node.ip("neigh add 10.65.2.77 lladdr 66:00:00:00:00:77 dev vx0 nud permanent");

    Address address = Address.of("vx0", Ip.parse("10.65.1.0"), 32);
    declare(DesiredState.of(VTEP.withMtuBytes(1400), address));

    String changed = node.ip("-o -d link show vx0");
    assertEquals(index, changed.split(":")[0]);
    assertTrue(changed.contains("mtu 1400"), changed);
    assertTrue(node.ip("neigh show dev vx0").contains("10.65.2.77"));

    declare(DesiredState.of(vxlan(4097), address));

    assertTrue(node.ip("-d link show vx0").contains("vxlan id 4097"));
    assertTrue(node.ip("addr show dev vx0").contains("10.65.1.0/32"));
  }

  @Test
  void keepsAForeignLinkUnlessTakeoverIsConfigured() throws Exception {
    node.ip("link add vx0 type vxlan id 4096 dstport 4789");
    dataplane.declare(MODE, DesiredState.of(VTEP), TEST);

    ExecutionException refused = assertThrows(ExecutionException.class, this::settle);

    assertTrue(refused.getMessage().contains("EEXIST"), refused.getMessage());
    assertFalse(node.ip("link show vx0").contains("alias"));

    dataplane.close();
    KernelDataplane.Setup setup = node.setup();
    dataplane =
        node.dataplane(
            new KernelDataplane.Setup(
                setup.state(), 80, 90, true, 1 << 20, setup.threads(), setup.time()));
    declare(DesiredState.of(VTEP));

    assertTrue(node.ip("link show vx0").contains("alias mode/vxlan"));
  }

  @Test
  void makesADeletedLinkAnewWithAllThatWasOnIt() throws Exception {
    declare(ALL);

    node.ip("link del vx0");

    Route route = (Route) ALL.objects().get(ALL.objects().size() - 1);
    TestNode.await("route over the new link", () -> IpRoutes.holds(node, route));
    TestNode.barrier(dataplane);
    settle();
    writesNothingAfterARestart();
  }

  private void declare(DesiredState desired) throws Exception {
    dataplane.declare(MODE, desired, TEST);
    settle();
  }

  private void settle() throws Exception {
    dataplane.settled(MODE).toCompletableFuture().get(20, TimeUnit.SECONDS);
  }

  private void restart() {
    dataplane.close();
    dataplane = node.dataplane();
  }

  private static Link vxlan(int vni) {
    return Link.of("vx0", "vxlan")
        .withMtuBytes(1450)
        .withMac(MacAddress.parse("66:f9:37:c3:7e:94"))
        .withInfo(Attribute.u32(1, vni)) // IFLA_VXLAN_ID
        .withInfo(Attribute.u8(7, 0)) // IFLA_VXLAN_LEARNING
        .withInfo(Attribute.be16(15, 4789)); // IFLA_VXLAN_PORT
  }
}
