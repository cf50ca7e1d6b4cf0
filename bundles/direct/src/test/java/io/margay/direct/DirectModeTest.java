// SPDX-License-Identifier: Apache-2.0
package io.margay.direct;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.margay.api.mode.Peer;
import io.margay.api.mode.RoutingMode;
import io.margay.api.mode.Variant;
import io.margay.api.net.Ip;
import io.margay.api.net.IpFamily;
import io.margay.testkit.FakeView;
import io.margay.testkit.RoutingModeContract;
import java.util.Map;
import org.junit.jupiter.api.Test;

class DirectModeTest extends RoutingModeContract {
  private final RoutingMode mode = new DirectMode();

  @Override
  protected RoutingMode mode() {
    return mode;
  }

  @Test
  void sendsToTheNodeOnTheLink() {
    FakeView view =
        FakeView.of("192.0.2.1/24", "2001:db8::1/64")
            .withPeer("node2", "192.0.2.2", "2001:db8::2")
            .withBlock("10.65.1.0/26", Variant.ALWAYS, "node2")
            .withBlock("fd00:65::40/122", Variant.CROSS_SUBNET, "node2");

    assertPlan(
        view,
        """
        route 10.65.1.0/26 via 192.0.2.2 dev eth0
        route fd00:65::40/122 via 2001:db8::2 dev eth0
        """);
  }

  @Test
  void sendsByTheRouterBehindIt() {
    FakeView view =
        FakeView.of("192.0.2.1/24", "2001:db8::1/64")
            .withPeer("node2", "198.51.100.2", "2001:db8:1::2")
            .withBlock("10.65.1.0/26", Variant.ALWAYS, "node2")
            .withBlock("fd00:65::40/122", Variant.ALWAYS, "node2");

    assertPlan(
        view,
        """
        route 10.65.1.0/26 via 192.0.2.254 dev eth0
        route fd00:65::40/122 via 2001:db8::fe dev eth0
        """);
  }

  @Test
  void saysOnlinkWhenNoSubnetCoversTheGateway() {
    FakeView view =
        FakeView.of("192.0.2.1/32")
            .withPeer(peer("node2", "192.0.2.2", "192.0.2.254", "eth0"))
            .withPeer(peer("node3", "203.0.113.3", "203.0.113.3", "eth1"))
            .withBlock("10.65.1.0/26", Variant.ALWAYS, "node2")
            .withBlock("10.65.1.64/26", Variant.ALWAYS, "node3");

    assertPlan(
        view,
        """
        route 10.65.1.0/26 via 192.0.2.254 dev eth0 onlink
        route 10.65.1.64/26 via 203.0.113.3 dev eth1 onlink
        """);
  }

  @Test
  void takesALinkLocalRouterAsItIs() {
    FakeView view =
        FakeView.of("2001:db8::1/64")
            .withPeer(peer("node2", "2001:db8:1::2", "fe80::1", "eth0"))
            .withBlock("fd00:65::40/122", Variant.ALWAYS, "node2");

    assertPlan(view, "route fd00:65::40/122 via fe80::1 dev eth0\n");
  }

  @Test
  void prefersWhatRouteSharingLearned() {
    FakeView view =
        FakeView.of("192.0.2.1/24").withLearned("10.65.1.0/26", via("192.0.2.3"), via("192.0.2.2"));

    assertPlan(
        view,
        """
        route 10.65.1.0/26 nexthop via 192.0.2.2 dev eth0 weight 1 nexthop via 192.0.2.3 dev eth0\
         weight 1
        """);
  }

  @Test
  void saysWhyADestinationIsUnreachable() {
    FakeView view =
        FakeView.of("192.0.2.1/24", "2001:db8::1/64")
            .withPeer("node2", "192.0.2.2")
            .withPeer(
                new Peer(
                    "node3",
                    Map.of(IpFamily.IPV4, Ip.parse("198.51.100.3")),
                    Map.of(),
                    Map.of(),
                    Map.of(),
                    Map.of()))
            .withLearned("10.65.0.0/26")
            .withBlock("10.65.1.0/26", Variant.ALWAYS, "node3")
            .withBlock("10.65.1.64/26", Variant.ALWAYS, "node4")
            .withBlock("fd00:65::40/122", Variant.ALWAYS, "node2");

    assertPlan(
        view,
        """
        # 10.65.0.0/26: no node has it, and no route to it was learned
        # 10.65.1.0/26: the kernel has no route to node node3 at 198.51.100.3
        # 10.65.1.64/26: node node4 has it, and is not known
        # fd00:65::40/122: node node2 has no IPv6 address
        """);
  }

  private void assertPlan(FakeView view, String expected) {
    assertEquals(expected, mode.plan(view).toString());
  }

  private static Peer peer(String name, String address, String gateway, String link) {
    IpFamily family = IpFamily.of(Ip.parse(address));
    return new Peer(
        name,
        Map.of(family, Ip.parse(address)),
        Map.of(family, false),
        Map.of(family, new Peer.Gateway(Ip.parse(gateway), link)),
        Map.of(),
        Map.of());
  }
}
