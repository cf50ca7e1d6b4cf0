// SPDX-License-Identifier: Apache-2.0
package io.margay.core.sharing;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.margay.api.dataplane.ActualState.FibResult;
import io.margay.api.dataplane.ActualState.Interface;
import io.margay.api.dataplane.Address;
import io.margay.api.dataplane.NextHop;
import io.margay.api.net.Cidr;
import io.margay.api.net.Ip;
import io.margay.core.plan.Underlay;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

class NextHopResolutionTest {
  private static final Cidr FAR = Cidr.parse("203.0.113.0/24");

  private final NextHopResolution resolution =
      new NextHopResolution(
          new Underlay(
              List.of(
                  link("eth0", true, "", "192.0.2.1"),
                  link("eth1", false, "", "198.51.100.1"),
                  link("tunl0", true, "mode/ipip", "10.65.0.1")),
              Set.of(),
              Map.of(
                  Ip.parse("192.0.2.2"), way("eth0", ""),
                  Ip.parse("10.9.0.1"), way("eth0", "192.0.2.254"),
                  Ip.parse("10.9.0.2"), way("eth0", "192.0.2.254"),
                  Ip.parse("10.9.0.3"), way("eth0", "169.254.0.1"),
                  Ip.parse("198.51.100.2"), way("eth1", ""),
                  Ip.parse("10.65.9.1"), way("tunl0", ""),
                  Ip.parse("192.0.2.1"), new FibResult("lo", none(), none(), true)),
              Set.of(),
              Map.of()));

  @Test
  void takesTheWayOfTheKernel() {
    assertEquals("[via 192.0.2.2 dev eth0] ", ways(FAR, via("192.0.2.2")));
    assertEquals("[via 192.0.2.254 dev eth0] ", ways(FAR, via("10.9.0.1")));
    assertEquals(
        "[via 169.254.0.1 dev eth0 onlink] ", ways(FAR, via("10.9.0.3")), "no subnet has it");
  }

  @Test
  void takesEachWayOnceInAFixedOrder() {
    assertEquals(
        "[via 192.0.2.2 dev eth0, via 192.0.2.254 dev eth0] ",
        ways(FAR, via("10.9.0.2"), via("192.0.2.2"), via("10.9.0.1")));
  }

  @Test
  void leavesOutWhatCannotBeReached() {
    for (String gateway : List.of("198.51.100.2", "10.65.9.1", "192.0.2.1", "192.0.2.77")) {
      assertEquals(
          "[via 192.0.2.2 dev eth0] next hop via " + gateway + " cannot be reached",
          ways(FAR, via("192.0.2.2"), via(gateway)));
    }
  }

  @Test
  void takesAGatewayThatComesWithItsLinkAsItIs() {
    NextHop hop = NextHop.via(Ip.parse("fe80::1"), "eth0").withWeight(7);

    assertEquals(List.of(hop), resolution.of(Cidr.parse("2001:db8::/32"), List.of(hop)).hops());
    assertEquals(
        "[] next hop via fe80::1 dev eth1 cannot be reached",
        ways(Cidr.parse("2001:db8::/32"), NextHop.via(Ip.parse("fe80::1"), "eth1")));
  }

  @Test
  void leavesOutAGatewayBehindTheRouteItself() {
    assertEquals(
        "[] a next hop lies behind the route itself",
        ways(Cidr.parse("10.0.0.0/8"), via("10.9.0.1")));
    assertEquals(
        "[via 192.0.2.2 dev eth0] ", ways(Cidr.parse("0.0.0.0/0"), via("192.0.2.2")), "on a link");
  }

  private String ways(Cidr destination, NextHop... told) {
    NextHopResolution.Ways ways = resolution.of(destination, List.of(told));
    return ways.hops() + " " + ways.why();
  }

  private static NextHop via(String gateway) {
    return NextHop.via(Ip.parse(gateway));
  }

  private static <T> Optional<T> none() {
    return Optional.empty();
  }

  private static FibResult way(String link, String gateway) {
    return new FibResult(
        link, Optional.of(gateway).filter(g -> !g.isEmpty()).map(Ip::parse), none(), false);
  }

  private static Interface link(String name, boolean up, String alias, String address) {
    return new Interface(
        2, name, "", alias, none(), 1500, up, List.of(Address.of(name, Ip.parse(address), 24)));
  }
}
