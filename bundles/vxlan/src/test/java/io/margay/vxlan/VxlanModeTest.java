// SPDX-License-Identifier: Apache-2.0
package io.margay.vxlan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.margay.api.mode.Peer;
import io.margay.api.mode.Plan;
import io.margay.api.mode.RoutingMode;
import io.margay.api.mode.Variant;
import io.margay.api.mode.Wire;
import io.margay.api.net.IpFamily;
import io.margay.testkit.FakeView;
import io.margay.testkit.RoutingModeContract;
import java.net.InetAddress;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class VxlanModeTest extends RoutingModeContract {
  private final RoutingMode mode = new VxlanMode();

  @Override
  protected RoutingMode mode() {
    return mode;
  }

  @Test
  void tunnelsToEachPeer() {
    FakeView view =
        local("192.0.2.1/24")
            .withPeer(tunnelled("node3", "198.51.100.3", "10.65.2.0"))
            .withPeer(tunnelled("node2", "192.0.2.2", "10.65.1.1"))
            .withBlock("10.65.1.0/26", Variant.ALWAYS, "node2")
            .withBlock("10.65.0.7/32", Variant.ALWAYS, "node2")
            .withBlock("10.65.2.0/32", Variant.CROSS_SUBNET, "node3");

    assertPlan(
        view,
        """
        link vxlan.calico link eth0 address 66:f9:37:c3:7e:94 mtu 1450 up type vxlan id 4096\
         local 192.0.2.1 learning 0 dstport 4789
        address 10.65.0.1/32 dev vxlan.calico
        sysctl net/ipv4/conf/vxlan.calico/rp_filter = 2
        neigh 10.65.1.1 dev vxlan.calico lladdr 66:2d:bf:44:a6:8b nud permanent
        fdb 66:2d:bf:44:a6:8b dev vxlan.calico dst 192.0.2.2 self permanent
        neigh 10.65.2.0 dev vxlan.calico lladdr 66:a4:6f:e0:c4:da nud permanent
        fdb 66:a4:6f:e0:c4:da dev vxlan.calico dst 198.51.100.3 self permanent
        route 10.65.0.7/32 via 10.65.1.1 dev vxlan.calico onlink
        route 10.65.1.0/26 via 10.65.1.1 dev vxlan.calico onlink
        route 10.65.2.0/32 dev vxlan.calico
        """);
    assertEquals("[vxlan/4096/4789]", mode.plan(view).receives().toString());
    assertEquals("[udp dport 4789]", mode.plan(view).hostTraffic().toString());
  }

  @Test
  void tunnelsIpv6OverIpv6() {
    FakeView view =
        local("2001:db8::1/64")
            .withPeer(tunnelled("node2", "2001:db8::2", "fd00:65::41"))
            .withBlock("fd00:65::40/122", Variant.ALWAYS, "node2");

    assertPlan(
        view,
        """
        link vxlan-v6.calico link eth0 address 66:0f:35:f2:60:df mtu 1430 up type vxlan id 4096\
         local 2001:db8::1 learning 0 dstport 4789
        address fd00:65::1/128 dev vxlan-v6.calico
        sysctl net/ipv6/conf/vxlan-v6.calico/disable_ipv6 = 0
        neigh fe80::6432:42ff:feed:ded5 dev vxlan-v6.calico lladdr 66:32:42:ed:de:d5 nud permanent
        fdb 66:32:42:ed:de:d5 dev vxlan-v6.calico dst 2001:db8::2 self permanent
        route fd00:65::40/122 via fe80::6432:42ff:feed:ded5 dev vxlan-v6.calico onlink
        """);
    assertEquals("[vxlan/4096/4789/v6]", mode.plan(view).receives().toString());
  }

  @Test
  void keepsADeviceForTheWireThatOthersStillSendBy() {
    FakeView view =
        local("192.0.2.1/24")
            .withSetting("vxlanVNI", "4097")
            .withReceiving(new Wire("vxlan/4096/4789"))
            .withReceiving(new Wire("vxlan/4097/4789"))
            .withReceiving(new Wire("vxlan/4096/4789/v6"))
            .withReceiving(new Wire("vxlan/99999999/1"))
            .withReceiving(new Wire("vxlan/new/4789"))
            .withReceiving(new Wire("ipip"))
            .withPeer(tunnelled("node2", "192.0.2.2", "10.65.1.1"))
            .withBlock("10.65.1.0/26", Variant.ALWAYS, "node2");

    assertPlan(
        view,
        """
        link vxlan.calico link eth0 address 66:f9:37:c3:7e:94 mtu 1450 up type vxlan id 4096\
         local 192.0.2.1 learning 0 dstport 4789
        address 10.65.0.1/32 dev vxlan.calico
        sysctl net/ipv4/conf/vxlan.calico/rp_filter = 2
        neigh 10.65.1.1 dev vxlan.calico lladdr 66:2d:bf:44:a6:8b nud permanent
        fdb 66:2d:bf:44:a6:8b dev vxlan.calico dst 192.0.2.2 self permanent
        link vx-1001-12b5 link eth0 address 66:f9:37:c3:7e:94 mtu 1450 up type vxlan id 4097\
         local 192.0.2.1 learning 0 dstport 4789
        address 10.65.0.1/32 dev vx-1001-12b5
        sysctl net/ipv4/conf/vx-1001-12b5/rp_filter = 2
        neigh 10.65.1.1 dev vx-1001-12b5 lladdr 66:2d:bf:44:a6:8b nud permanent
        fdb 66:2d:bf:44:a6:8b dev vx-1001-12b5 dst 192.0.2.2 self permanent
        route 10.65.1.0/26 via 10.65.1.1 dev vx-1001-12b5 onlink
        """);
    Plan plan = mode.plan(view);
    assertEquals("[vxlan/4096/4789, vxlan/4097/4789]", plan.receives().toString());
    assertEquals("vxlan/4097/4789", plan.sendings().values().iterator().next().wire().name());
  }

  @Test
  void plansADeviceAlikeWhetherItIsTheOldOrTheNewOne() {
    FakeView plain = local("192.0.2.1/24").withPeer(tunnelled("node2", "192.0.2.2", "10.65.1.1"));
    Wire port4790 = new Wire("vxlan/4096/4790");

    Plan before = mode.plan(plain.withReceiving(port4790));
    Plan after =
        mode.plan(
            plain.withSetting("vxlanPort", "4790").withReceiving(new Wire("vxlan/4096/4789")));

    assertEquals(before, after);
    assertEquals("[udp dport 4789, udp dport 4790]", after.hostTraffic().toString());
  }

  @Test
  void sendsDirectlyWithinTheSubnet() {
    FakeView view =
        local("192.0.2.1/24")
            .withPeer("node2", "192.0.2.2")
            .withPeer(routed("node3", "192.0.2.3", "192.0.2.254", "eth0"))
            .withPeer(routed("node4", "192.0.2.4", "192.0.2.4", "eth1"))
            .withBlock("10.65.1.0/26", Variant.CROSS_SUBNET, "node2")
            .withBlock("10.65.1.64/26", Variant.CROSS_SUBNET, "node3")
            .withBlock("10.65.1.128/26", Variant.CROSS_SUBNET, "node4");

    assertEquals(
        """
        route 10.65.1.0/26 via 192.0.2.2 dev eth0
        route 10.65.1.64/26 via 192.0.2.254 dev eth0 onlink
        route 10.65.1.128/26 via 192.0.2.4 dev eth1 onlink
        """,
        mode.plan(view).toString().replaceAll("(?m)^(?!route).*\n", ""));
  }

  @Test
  void obeysTheMtuOfTheConfigurationWhenItFits() {
    FakeView view = local("192.0.2.1/24");

    assertEquals(1400, mtu(view.withSetting("vxlanMTU", "1400")));
    assertEquals(1450, mtu(view.withSetting("vxlanMTU", "9000")));
    assertEquals(1450, mtu(view.withSetting("vxlanMTU", "0")));
    assertEquals(8950, mtu(view.withUplinkMtuBytes(9000)));
  }

  @ParameterizedTest
  @CsvSource({
    "ChecksumOffloadBroken=true, offload vxlan.calico tx off",
    "'SNATFullyRandom=false, ChecksumOffloadBroken=false', offload vxlan.calico tx on",
    "SNATFullyRandom=false, ''",
  })
  void leavesChecksumsToTheCardUnlessToldOtherwise(String override, String expected) {
    FakeView view = local("192.0.2.1/24").withSetting("featureDetectOverride", override);

    assertEquals(
        expected, mode.plan(view).toString().replaceAll("(?m)^(?!offload).*\n", "").strip());
  }

  @Test
  void saysWhyADestinationIsUnreachable() {
    Peer unrouted =
        new Peer(
            "node7",
            Map.of(IpFamily.IPV4, ip("192.0.2.7")),
            Map.of(IpFamily.IPV4, true),
            Map.of(),
            Map.of(),
            Map.of());
    FakeView view =
        local("192.0.2.1/24", "2001:db8::1/64")
            .withPeer("node2", "192.0.2.2")
            .withPeer(tunnelled("node3", "192.0.2.3", "10.65.1.1"))
            .withPeer(tunnelled("node4", "192.0.2.4", "10.65.1.1"))
            .withPeer(tunnelled("node5", "192.0.2.5", "10.65.0.1"))
            .withPeer(unrouted)
            .withLearned("10.65.0.0/26")
            .withBlock("10.65.1.0/26", Variant.ALWAYS, "node2")
            .withBlock("10.65.2.0/26", Variant.ALWAYS, "node4")
            .withBlock("10.65.3.0/26", Variant.ALWAYS, "node5")
            .withBlock("10.65.4.0/26", Variant.ALWAYS, "node6")
            .withBlock("10.65.5.0/26", Variant.CROSS_SUBNET, "node7")
            .withBlock("fd00:65::40/122", Variant.ALWAYS, "node2");

    assertEquals(
        """
        # 10.65.0.0/26: no node has it
        # 10.65.1.0/26: node node2 has no IPv4 tunnel address yet
        # 10.65.2.0/26: node node4 and node node3 have the tunnel address 10.65.1.1
        # 10.65.3.0/26: node node5 and this node have the tunnel address 10.65.0.1
        # 10.65.4.0/26: node node6 has it, and is not known
        # 10.65.5.0/26: the kernel has no route to node node7 at 192.0.2.7
        # fd00:65::40/122: node node2 has no IPv6 address
        """,
        mode.plan(view).toString().replaceAll("(?m)^(?!#).*\n", ""));
  }

  @Test
  void waitsForItsOwnTunnelAddress() {
    FakeView view =
        FakeView.of("192.0.2.1/24")
            .withPeer(tunnelled("node2", "192.0.2.2", "10.65.1.1"))
            .withBlock("10.65.1.0/26", Variant.ALWAYS, "node2");

    assertPlan(view, "# 10.65.1.0/26: this node has no IPv4 tunnel address yet\n");
    assertEquals("[]", mode.plan(view).receives().toString());
  }

  @Test
  void refusesSettingsOutOfRange() {
    FakeView view = local("192.0.2.1/24").withSetting("vxlanVNI", "16777216");

    IllegalArgumentException e =
        assertThrows(IllegalArgumentException.class, () -> mode.plan(view));

    assertEquals("vxlanVNI: 16777216 (expected: 1..16777215)", e.getMessage());
  }

  @Test
  void advertisesTheMacOfEachFamily() {
    FakeView view = FakeView.of("192.0.2.1/24", "2001:db8::1/64");

    assertEquals(
        "{mac/IPV4=66:f9:37:c3:7e:94, mac/IPV6=66:0f:35:f2:60:df}",
        mode.advertise(view.self()).toString());
  }

  @Test
  void sendsToTheMacThatThePeerAdvertises() {
    Peer plain = tunnelled("node2", "192.0.2.2", "10.65.1.1");
    Peer other =
        new Peer(
            plain.name(),
            plain.addresses(),
            plain.sameSubnet(),
            plain.gateways(),
            plain.tunnelAddresses(),
            Map.of("mac/IPV4", "02:00:00:00:00:09"));

    String plan = mode.plan(local("192.0.2.1/24").withPeer(other)).toString();

    assertEquals(2, plan.split("02:00:00:00:00:09", -1).length - 1, plan);
  }

  private void assertPlan(FakeView view, String expected) {
    assertEquals(expected, mode.plan(view).toString());
  }

  private int mtu(FakeView view) {
    return ((io.margay.api.dataplane.Link) mode.plan(view).standing().get(0)).mtuBytes().getAsInt();
  }

  private static FakeView local(String... addresses) {
    return FakeView.of(addresses)
        .withTunnelAddress("vxlan/IPV4", "10.65.0.1")
        .withTunnelAddress("vxlan/IPV6", "fd00:65::1");
  }

  /** A peer with the gateway that {@link FakeView} gives it. */
  private static Peer tunnelled(String name, String address, String tunnel) {
    Peer plain =
        FakeView.of("192.0.2.1/24", "2001:db8::1/64").withPeer(name, address).peers().get(0);
    Map<String, InetAddress> tunnels = new HashMap<>();
    tunnels.put("vxlan/" + IpFamily.of(ip(address)), ip(tunnel));
    return new Peer(
        name, plain.addresses(), plain.sameSubnet(), plain.gateways(), tunnels, Map.of());
  }

  private static Peer routed(String name, String address, String gateway, String link) {
    return new Peer(
        name,
        Map.of(IpFamily.IPV4, ip(address)),
        Map.of(IpFamily.IPV4, true),
        Map.of(IpFamily.IPV4, new Peer.Gateway(ip(gateway), link)),
        Map.of(),
        Map.of());
  }

  private static InetAddress ip(String text) {
    return io.margay.api.net.Ip.parse(text);
  }
}
