// SPDX-License-Identifier: Apache-2.0
package com.example.srv6;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.margay.api.mode.Peer;
import io.margay.api.mode.Plan;
import io.margay.api.mode.RoutingMode;
import io.margay.api.mode.Variant;
import io.margay.testkit.FakeView;
import io.margay.testkit.RoutingModeContract;
import java.util.Map;
import org.junit.jupiter.api.Test;

class Srv6ModeTest extends RoutingModeContract {
  private final Srv6Mode mode = new Srv6Mode();

  @Override
  protected RoutingMode mode() {
    return mode;
  }

  @Test
  void sendsToTheSegmentOfThePodsFamily() {
    FakeView view =
        node(1)
            .withTunnelAddress("srv6/IPV4", "10.65.0.1")
            .withTunnelAddress("srv6/IPV6", "fd00:65::1")
            .withTunnelAddress("vxlan/IPV6", "fd00:65::2")
            .withPeer(peer(2, "2001:db8:5:2::/64"))
            .withBlock("10.65.2.0/26", Variant.ALWAYS, "node2")
            .withBlock("fd00:65:2::/122", Variant.ALWAYS, "node2");

    assertEquals(
        """
        address 10.65.0.1/32 dev lo
        address fd00:65::1/128 dev lo
        route local fd00:65::1/128 dev lo metric 1
        route local fd00:65::2/128 dev lo metric 1
        route local 2001:db8:5:1::4/128 encap 7[action End.DX4, nh4 0.0.0.0] dev eth0
        route local 2001:db8:5:1::6/128 encap 7[action End.DT6, table 254] dev eth0
        route 2001:db8:5:2::4/128 via 2001:db8::2 dev eth0 onlink
        route 2001:db8:5:2::6/128 via 2001:db8::2 dev eth0 onlink
        route 10.65.2.0/26 encap 5[segs 2001:db8:5:2::4] dev eth0
        route fd00:65:2::/122 encap 5[segs 2001:db8:5:2::6] dev eth0
        """,
        mode.plan(view).toString());
  }

  @Test
  void aNodeWithoutIpv4TalksToPodsByItsTunnelAddress() {
    FakeView view =
        FakeView.of("2001:db8::1/64")
            .withTunnelAddress("srv6/IPV4", "10.65.0.1")
            .withPeer(peer(2, "2001:db8:5:2::/64"))
            .withBlock("10.65.2.0/26", Variant.ALWAYS, "node2");

    assertEquals(
        "route 10.65.2.0/26 encap 5[segs 2001:db8:5:2::4] dev eth0 src 10.65.0.1",
        mode.plan(view).sendings().values().iterator().next().route().toString());
  }

  @Test
  void derivesSegmentIdsFromTheNodesAddress() {
    FakeView one = FakeView.of("2001:db8::1/64");

    assertEquals(
        Map.of("sid/IPV4", "5f00:d744:a7bc:2d15::4", "sid/IPV6", "5f00:d744:a7bc:2d15::6"),
        mode.advertise(one.self()));
    assertEquals(Map.of(), mode.advertise(FakeView.of("192.0.2.1/24").self()));
  }

  @Test
  void saysWhatIsWrongWithTheAnnotation() {
    for (String setting : new String[] {"10.0.0.0/8", "2001:db8:5::/121", "red"}) {
      FakeView view = FakeView.of("2001:db8::1/64").withNodeSettings(Map.of("sids", setting));

      String message =
          assertThrows(IllegalArgumentException.class, () -> mode.plan(view)).getMessage();
      assertTrue(message.contains("margay.io/srv6.sids: " + setting + " (expected"), message);
    }
  }

  @Test
  void saysWhyAPeerCannotBeSentTo() {
    FakeView view =
        node(1)
            .withPeer(peer(2, "2001:db8:5:1::/64"))
            .withPeer("node3", "2001:db8::3")
            .withPeer("node4", "192.0.2.4")
            .withBlock("10.65.2.0/26", Variant.ALWAYS, "node2")
            .withBlock("10.65.3.0/26", Variant.ALWAYS, "node3")
            .withBlock("10.65.4.0/26", Variant.ALWAYS, "node4");

    Plan plan = mode.plan(view);

    assertEquals(
        """
        {10.65.2.0/26=node node2 and this node have the segment id 2001:db8:5:1::4, \
        10.65.3.0/26=node node3 advertises no segment id: has it this mode's bundle?, \
        10.65.4.0/26=node node4 has no IPv6 address}\
        """,
        plan.unreachable().toString());
  }

  @Test
  void aNodeWithoutIpv6ReceivesNothing() {
    Plan plan = mode.plan(FakeView.of("192.0.2.1/24"));

    assertTrue(plan.receives().isEmpty() && plan.hostTraffic().isEmpty(), plan.toString());
  }

  private static FakeView node(int i) {
    return FakeView.of("192.0.2." + i + "/24", "2001:db8::" + i + "/64")
        .withNodeSettings(Map.of("sids", "2001:db8:5:" + i + "::/64"));
  }

  /** As a node tells the others of itself. */
  private Peer peer(int i, String sids) {
    FakeView there = FakeView.of("2001:db8::" + i + "/64").withNodeSettings(Map.of("sids", sids));
    Peer plain = node(1).withPeer("node" + i, "192.0.2." + i, "2001:db8::" + i).peers().get(0);
    return new Peer(
        plain.name(),
        plain.addresses(),
        plain.sameSubnet(),
        plain.gateways(),
        plain.tunnelAddresses(),
        mode.advertise(there.self()));
  }
}
