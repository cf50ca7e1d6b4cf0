// SPDX-License-Identifier: Apache-2.0
package io.margay.vxlan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.margay.api.dataplane.DesiredState;
import io.margay.api.dataplane.Owner;
import io.margay.api.mode.LocalNode;
import io.margay.api.mode.Peer;
import io.margay.api.mode.Plan;
import io.margay.api.mode.Variant;
import io.margay.api.mode.Wire;
import io.margay.api.net.Ip;
import io.margay.testkit.FakeView;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Plans of two nodes in two kernels, with a pod on each; ping, ip, bridge and tshark tell. */
class VxlanModeNetnsIT {
  private static final Wire CALICO = new Wire("vxlan/4096/4789");
  private static final Wire CALICO6 = new Wire("vxlan/4096/4789/v6");
  private static final Wire OTHER = new Wire("vxlan/4097/4790");
  private static final Wire OTHER6 = new Wire("vxlan/4097/4790/v6");

  private final VxlanMode mode = new VxlanMode();
  private KernelNode node1;
  private KernelNode node2;

  @BeforeEach
  void twoNodes() throws Exception {
    node1 = KernelNode.create();
    node2 = KernelNode.create();
    KernelNode.connect(node1, node2);
    node1.uplink("192.0.2.1/24", "2001:db8::1/64");
    node2.uplink("192.0.2.2/24", "2001:db8::2/64");
    node1.attachPod("10.65.1.9", "fd00:65:1::9");
    node2.attachPod("10.65.2.9", "fd00:65:2::9");
  }

  @AfterEach
  void close() throws Exception {
    for (KernelNode node : Arrays.asList(node1, node2)) {
      if (node != null) {
        node.close();
      }
    }
  }

  @Test
  void podsReachEachOther() throws Exception {
    node1.apply(mode.plan(view(1)));
    node2.apply(mode.plan(view(2)));

    assertReachEachOther();
    String link = node1.ip("-d link show vxlan.calico");
    assertTrue(link.contains("id 4096 local 192.0.2.1 dev eth0"), link);
    assertTrue(link.contains("dstport 4789 nolearning"), link);
  }

  @Test
  void aFullPacketFitsAndOneByteMoreDoesNot() throws Exception {
    node1.apply(mode.plan(view(1)));
    node2.apply(mode.plan(view(2)));

    node1.podExec("ping -nq -c1 -W10 -M do -s 1422 10.65.2.9");
    node1.podExec("ping -nq -c1 -W10 -M do -s 1382 fd00:65:2::9");
    Process tooLong = node1.podStart("ping -n -c1 -W10 -M do -s 1423 10.65.2.9");

    String answer = new String(tooLong.getInputStream().readAllBytes());
    assertTrue(answer.contains("mtu = 1450") || answer.contains("mtu=1450"), answer);
  }

  /** RFC 7348; TTL, DF, DSCP and ECN as Linux chooses them: ECN alone is taken from inside. */
  @Test
  void writesTheHeadersOfTheStandard() throws Exception {
    node1.apply(mode.plan(view(1)));
    node2.apply(mode.plan(view(2)));

    assertEquals(
        """
        udp.dstport=4789
        udp.checksum.status=1
        vxlan.flags=0x0800
        vxlan.vni=4096
        ip.src=192.0.2.1;10.65.1.9
        ip.dst=192.0.2.2;10.65.2.9
        ip.ttl=64;63
        ip.flags.df=0;1
        ip.dsfield.dscp=0;46
        ip.dsfield.ecn=1;1
        ip.len=134;84
        ip.checksum.status=1;1
        """,
        onTheWire(
            "10.65.2.9",
            "ip.src",
            "ip.dst",
            "ip.ttl",
            "ip.flags.df",
            "ip.dsfield.dscp",
            "ip.dsfield.ecn",
            "ip.len",
            "ip.checksum.status"));
    assertEquals(
        """
        udp.dstport=4789
        udp.checksum.status=1
        vxlan.flags=0x0800
        vxlan.vni=4096
        ipv6.src=2001:db8::1;fd00:65:1::9
        ipv6.dst=2001:db8::2;fd00:65:2::9
        ipv6.hlim=64;63
        ipv6.tclass.dscp=0;46
        ipv6.tclass.ecn=1;1
        """,
        onTheWire(
            "fd00:65:2::9",
            "ipv6.src",
            "ipv6.dst",
            "ipv6.hlim",
            "ipv6.tclass.dscp",
            "ipv6.tclass.ecn"));
    String macs = onTheWire("10.65.2.9", "eth.src", "eth.dst");
    assertTrue(macs.matches("(?s).*eth.src=\\S+;66:f9:37:c3:7e:94\n.*"), macs);
    assertTrue(macs.matches("(?s).*eth.dst=\\S+;66:2d:bf:44:a6:8b\n.*"), macs);
  }

  @Test
  void receivesByTheOldAndTheNewWireWhileOthersSendByEither() throws Exception {
    FakeView old1 = view(1).withReceiving(OTHER).withReceiving(OTHER6);
    FakeView old2 = view(2).withReceiving(OTHER).withReceiving(OTHER6);
    FakeView new1 = onOther(view(1)).withReceiving(CALICO).withReceiving(CALICO6);
    FakeView new2 = onOther(view(2)).withReceiving(CALICO).withReceiving(CALICO6);
    node1.apply(mode.plan(old1));
    node2.apply(mode.plan(old2));
    assertReachEachOther();

    node1.apply(mode.plan(new1));

    assertTrue(node1.ip("route get 10.65.2.9").contains("dev vx-1001-12b6"));
    assertTrue(node2.ip("route get 10.65.1.9").contains("dev vxlan.calico"));
    assertReachEachOther();
    assertEquals(
        "udp.dstport=4790\nvxlan.vni=4097\n",
        onTheWire("10.65.2.9").replaceAll("(?m)^(udp.checksum|vxlan.flags).*\n", ""));

    node2.apply(mode.plan(new2));
    assertReachEachOther();

    node1.apply(mode.plan(onOther(view(1))));
    node2.apply(mode.plan(onOther(view(2))));
    assertReachEachOther();
    assertFalse(node1.ip("link show").contains("vxlan.calico"));
    assertTrue(node1.ip("route get 10.65.1.1").startsWith("local 10.65.1.1 dev lo"));
  }

  @Test
  void replacesDirectRoutesAndIsReplacedByThem() throws Exception {
    for (Variant variant :
        List.of(Variant.CROSS_SUBNET, Variant.ALWAYS, Variant.CROSS_SUBNET, Variant.ALWAYS)) {
      node1.apply(mode.plan(view(1, variant)));
      node2.apply(mode.plan(view(2, variant)));

      boolean isDirect = variant == Variant.CROSS_SUBNET;
      for (String family : List.of("10.65.2.9", "fd00:65:2::9")) {
        String device = family.contains(":") ? "vxlan-v6.calico" : "vxlan.calico";
        String route = node1.ip("route get " + family);
        assertTrue(route.contains("dev " + (isDirect ? "eth0" : device)), route);
      }
      assertPodsReachEachOther();
    }
  }

  @Test
  void writesNothingAfterARestart() throws Exception {
    Plan plan = mode.plan(view(1).withReceiving(OTHER));
    node1.apply(plan);

    node1.restartDataplane();

    assertEquals(
        List.of(),
        node1.dataplane().preview(Owner.mode("vxlan"), DesiredState.of(plan.standing())));
  }

  @Test
  void aChangeOfTheMtuLeavesNeighboursAlone() throws Exception {
    node1.apply(mode.plan(view(1)));
    node2.apply(mode.plan(view(2)));
    // Not declared, so nobody would bring it back.
    node1.ip("neigh add 10.65.2.77 lladdr 66:00:00:00:00:77 dev vxlan.calico nud permanent");

    node1.apply(mode.plan(view(1).withUplinkMtuBytes(1400)));

    assertTrue(node1.ip("link show vxlan.calico").contains("mtu 1350 "));
    assertTrue(node1.ip("neigh show dev vxlan.calico").contains("10.65.2.77"));
    assertReachEachOther();
  }

  /** Pods, and nodes by their tunnel addresses. */
  private void assertReachEachOther() {
    assertPodsReachEachOther();
    for (String address : List.of("10.65.%d.1", "fd00:65:%d::1", "10.65.%d.9", "fd00:65:%d::9")) {
      node1.exec("ping -nq -c1 -W10 " + address.formatted(2));
      node2.exec("ping -nq -c1 -W10 " + address.formatted(1));
    }
  }

  private void assertPodsReachEachOther() {
    for (String address : List.of("10.65.%d.9", "fd00:65:%d::9")) {
      node1.podExec("ping -nq -c1 -W10 " + address.formatted(2));
      node2.podExec("ping -nq -c1 -W10 " + address.formatted(1));
    }
  }

  /**
   * Fields of one packet to a pod as it arrives at the second node, outer before inner. The pod
   * asks for DSCP 46 and ECT(1).
   */
  private String onTheWire(String pod, String... fields) throws Exception {
    node1.exec("ethtool -K eth0 tx off"); // A real card computes checksums; a veth leaves them.
    List<String> names = new ArrayList<>();
    names.addAll(List.of("udp.dstport", "udp.checksum.status", "vxlan.flags", "vxlan.vni"));
    names.addAll(List.of(fields));
    Process ping = node1.podStart("ping -n -i 0.05 -M do -Q 0xb9 " + pod);
    try {
      return Tshark.nextPacket(node2, "src host 192.0.2.1 or src host 2001:db8::1", names);
    } finally {
      ping.destroy();
    }
  }

  private static FakeView onOther(FakeView view) {
    return view.withSetting("vxlanVNI", "4097").withSetting("vxlanPort", "4790");
  }

  private static FakeView view(int own) {
    return view(own, Variant.ALWAYS);
  }

  private static FakeView view(int own, Variant variant) {
    int other = 3 - own;
    FakeView subnets = FakeView.of("192.0.2." + own + "/24", "2001:db8::" + own + "/64");
    LocalNode plain = subnets.self();
    LocalNode self =
        new LocalNode(
            "node" + own,
            plain.addresses(),
            plain.prefixLengths(),
            plain.uplinks(),
            plain.uplinkMtuBytes(),
            tunnelAddresses(own));
    Peer onLink =
        subnets.withPeer("node" + other, "192.0.2." + other, "2001:db8::" + other).peers().get(0);
    Peer peer =
        new Peer(
            onLink.name(),
            onLink.addresses(),
            onLink.sameSubnet(),
            onLink.gateways(),
            tunnelAddresses(other),
            Map.of());
    return new FakeView(
            self, subnets.kernel(), subnets.settings(), List.of(peer), List.of(), Set.of())
        .withBlock("10.65." + other + ".0/26", variant, "node" + other)
        .withBlock("fd00:65:" + other + "::/122", variant, "node" + other);
  }

  private static Map<String, InetAddress> tunnelAddresses(int node) {
    return Map.of(
        "vxlan/IPV4", Ip.parse("10.65." + node + ".1"),
        "vxlan/IPV6", Ip.parse("fd00:65:" + node + "::1"));
  }
}
