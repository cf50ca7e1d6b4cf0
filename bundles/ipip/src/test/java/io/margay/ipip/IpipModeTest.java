// SPDX-License-Identifier: Apache-2.0
package io.margay.ipip;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.margay.api.dataplane.KernelFacts;
import io.margay.api.dataplane.Link;
import io.margay.api.mode.LocalNode;
import io.margay.api.mode.Peer;
import io.margay.api.mode.Plan;
import io.margay.api.mode.RoutingMode;
import io.margay.api.mode.Variant;
import io.margay.api.mode.Wire;
import io.margay.api.net.Ip;
import io.margay.api.net.IpFamily;
import io.margay.testkit.FakeView;
import io.margay.testkit.RoutingModeContract;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** With the kernel's device; see {@link EbpfModeTest}. */
class IpipModeTest extends RoutingModeContract {
  private final RoutingMode mode = new IpipMode("auto");

  @Override
  protected RoutingMode mode() {
    return mode;
  }

  @Test
  void tunnelsToEachPeer() {
    FakeView view =
        local()
            .withPeer("node3", "198.51.100.3")
            .withPeer("node2", "192.0.2.2")
            .withBlock("10.65.1.0/26", Variant.ALWAYS, "node2")
            .withBlock("10.65.0.7/32", Variant.ALWAYS, "node2")
            .withBlock("10.65.2.0/26", Variant.CROSS_SUBNET, "node3");

    Plan plan = mode.plan(view);

    assertEquals(
        """
        link tunl0 mtu 1480 up type ipip ttl 0 pmtudisc 0
        address 10.65.0.1/32 dev tunl0
        sysctl net/ipv4/conf/tunl0/rp_filter = 2
        route 10.65.0.7/32 via 192.0.2.2 dev tunl0 onlink
        route 10.65.1.0/26 via 192.0.2.2 dev tunl0 onlink
        route 10.65.2.0/26 via 198.51.100.3 dev tunl0 onlink
        """,
        plan.toString());
    assertEquals("[ipip]", plan.receives().toString());
    assertEquals("[proto 4]", plan.hostTraffic().toString());
  }

  @Test
  void sendsDirectlyWithinTheSubnet() {
    FakeView view =
        local()
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
    assertEquals(1400, mtu(local().withSetting("ipipMTU", "1400")));
    assertEquals(1480, mtu(local().withSetting("ipipMTU", "9000")));
    assertEquals(1480, mtu(local().withSetting("ipipMTU", "0")));
    assertEquals(8980, mtu(local().withUplinkMtuBytes(9000)));
  }

  @Test
  void leavesChecksumsToTheKernelWhenTheCardIsBroken() {
    FakeView view = local().withSetting("featureDetectOverride", "ChecksumOffloadBroken=true");

    assertTrue(mode.plan(view).toString().contains("offload tunl0 tx off"));
    assertFalse(mode.plan(local()).toString().contains("offload"));
  }

  @Test
  void saysWhyADestinationIsUnreachable() {
    Peer unrouted =
        new Peer(
            "node7",
            Map.of(IpFamily.IPV4, Ip.parse("192.0.2.7")),
            Map.of(IpFamily.IPV4, true),
            Map.of(),
            Map.of(),
            Map.of());
    FakeView view =
        local()
            .withPeer("node2", "2001:db8::2")
            .withPeer("node3", "192.0.2.3")
            .withPeer("node4", "192.0.2.3")
            .withPeer("node5", "192.0.2.1")
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
        # 10.65.1.0/26: node node2 has no IPv4 address
        # 10.65.2.0/26: node node4 and node node3 have the address 192.0.2.3
        # 10.65.3.0/26: node node5 and this node have the address 192.0.2.1
        # 10.65.4.0/26: node node6 has it, and is not known
        # 10.65.5.0/26: the kernel has no route to node node7 at 192.0.2.7
        # fd00:65::40/122: IP-in-IP carries IPv4 only
        """,
        mode.plan(view).toString().replaceAll("(?m)^(?!#).*\n", ""));
  }

  @Test
  void waitsForItsOwnTunnelAddress() {
    FakeView view =
        FakeView.of("192.0.2.1/24")
            .withPeer("node2", "192.0.2.2")
            .withBlock("10.65.1.0/26", Variant.ALWAYS, "node2");

    Plan plan = mode.plan(view);

    assertEquals("# 10.65.1.0/26: this node has no IPv4 tunnel address yet\n", plan.toString());
    assertEquals("[]", plan.receives().toString());
  }

  @Test
  void saysWhatTheKernelLacks() {
    KernelFacts bare = new KernelFacts("6.18", Set.of("vxlan", "ifb"), Set.of("tcx"));
    FakeView view =
        local()
            .withKernel(bare)
            .withPeer("node2", "192.0.2.2")
            .withBlock("10.65.1.0/26", Variant.ALWAYS, "node2");

    assertEquals(
        "# 10.65.1.0/26: the kernel (6.18) can make neither links of type ipip nor BPF programs on"
            + " a link of type dummy or ifb\n",
        mode.plan(view).toString());
    assertEquals(
        "# 10.65.1.0/26: the kernel (6.18) can make no links of type ipip\n",
        new IpipMode("kernel").plan(view).toString());
    assertEquals(
        "# 10.65.1.0/26: the kernel (6.18) can make no BPF programs on a link of type dummy or"
            + " ifb\n",
        new IpipMode("ebpf").plan(view).toString());
  }

  @Test
  void plansNothingRatherThanTakeAwayWhatReceives() {
    FakeView view =
        local()
            .withKernel(new KernelFacts("6.18", Set.of(), Set.of()))
            .withReceiving(new Wire("ipip"));

    assertThrows(IllegalStateException.class, () -> mode.plan(view));
  }

  @Test
  void plansNothingWhileTheNodesAddressIsOnNoInterface() {
    LocalNode self = local().self();
    LocalNode without =
        new LocalNode(
            self.name(),
            self.addresses(),
            self.prefixLengths(),
            Map.of(),
            self.uplinkMtuBytes(),
            self.tunnelAddresses());
    FakeView view = local();
    FakeView lost =
        new FakeView(
            without, view.kernel(), view.settings(), List.of(), List.of(), view.receiving());

    IllegalStateException e = assertThrows(IllegalStateException.class, () -> mode.plan(lost));

    assertEquals("192.0.2.1 of this node is on no interface", e.getMessage());
  }

  @Test
  void refusesADriverThatItDoesNotKnow() {
    IllegalArgumentException e =
        assertThrows(IllegalArgumentException.class, () -> new IpipMode("bpf"));

    assertEquals("driver: bpf (expected: auto, kernel or ebpf)", e.getMessage());
  }

  private int mtu(FakeView view) {
    return ((Link) mode.plan(view).standing().get(0)).mtuBytes().getAsInt();
  }

  static FakeView local() {
    return FakeView.of("192.0.2.1/24").withTunnelAddress("ipip/IPV4", "10.65.0.1");
  }

  static Peer routed(String name, String address, String gateway, String link) {
    return new Peer(
        name,
        Map.of(IpFamily.IPV4, Ip.parse(address)),
        Map.of(IpFamily.IPV4, true),
        Map.of(IpFamily.IPV4, new Peer.Gateway(Ip.parse(gateway), link)),
        Map.of(),
        Map.of());
  }
}
