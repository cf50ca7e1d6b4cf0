// SPDX-License-Identifier: Apache-2.0
package io.margay.dataplane;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.margay.api.dataplane.Attribute;
import io.margay.api.dataplane.Cause;
import io.margay.api.dataplane.DesiredState;
import io.margay.api.dataplane.NextHop;
import io.margay.api.dataplane.Owner;
import io.margay.api.dataplane.Route;
import io.margay.api.net.Cidr;
import io.margay.api.net.Ip;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Routes with a light-weight tunnel, by the example of segment routing; {@code ip} tells. */
class EncapNetnsIT {
  private static final Owner MODE = Owner.mode("sr");
  private static final Cause TEST = new Cause("test");
  private static final Route PLAIN =
      Route.of(Cidr.parse("10.65.2.0/26"), NextHop.via(Ip.parse("192.0.2.2"), "uplink"));
  private static final Route FOUR = towards("10.65.2.0/26", "fd00:5::2");
  private static final Route SIX = towards("fd00:65:2::/122", "fd00:5::2");
  private static final DesiredState ALL =
      DesiredState.of(
          FOUR,
          SIX,
          endpoint("fd00:5::4", 6, Attribute.address(4, Ip.parse("0.0.0.0"))),
          endpoint("fd00:5::6", 7, Attribute.u32(3, 254)));

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
  void writesTheAttributesOfATypeAsTheyAre() throws Exception {
    declare(ALL);

    String encap = " encap seg6 mode encap segs 1 [ fd00:5::2 ] dev uplink proto 80 ";
    String four = node.ip("route");
    assertTrue(four.contains("10.65.2.0/26 " + encap), four);
    String six = node.ip("-6 route show table all");
    assertTrue(six.contains("fd00:65:2::/122 " + encap), six);
    assertTrue(
        six.contains(
            "local fd00:5::4  encap seg6local action End.DX4 nh4 0.0.0.0 dev uplink proto 80"),
        six);
    assertTrue(
        six.contains(
            "local fd00:5::6  encap seg6local action End.DT6 table main dev uplink proto 80"),
        six);
  }

  @Test
  void writesNothingAfterARestart() throws Exception {
    declare(ALL);

    dataplane.close();
    dataplane = node.dataplane();
    declare(ALL);

    assertEquals(0, dataplane.written());
    assertEquals(List.of(), dataplane.preview(MODE, ALL));
  }

  @Test
  void replacesARouteWithoutATunnelAndBack() throws Exception {
    for (Route route : List.of(PLAIN, FOUR, towards("10.65.2.0/26", "fd00:5::3"), PLAIN)) {
      long before = dataplane.written();
      declare(DesiredState.of(route));

      assertEquals(1, dataplane.written() - before, route.toString());
      assertEquals(List.of(), dataplane.preview(MODE, DesiredState.of(route)));
      assertEquals(1, node.ip("route show 10.65.2.0/26").lines().count());
    }
  }

  @Test
  void putsAForeignChangeOfTheTunnelRight() throws Exception {
    declare(ALL);

    for (String family : List.of("-4", "-6")) {
      String cidr = family.equals("-4") ? "10.65.2.0/26" : "fd00:65:2::/122";
      node.ip(
          family
              + " route replace "
              + cidr
              + " encap seg6 mode encap segs fd00:5::9 dev uplink proto 80");
      TestNode.await(
          "the segment is ours again",
          () -> node.ip(family + " route show " + cidr).contains("[ fd00:5::2 ]"));
    }
  }

  private void declare(DesiredState state) throws Exception {
    dataplane.declare(MODE, state, TEST);
    dataplane.settled(MODE).toCompletableFuture().get(20, TimeUnit.SECONDS);
  }

  /** linux/seg6_iptunnel.h: the mode, and a routing header of one segment. */
  private static Route towards(String cidr, String segment) {
    ByteBuffer value = ByteBuffer.allocate(28).order(ByteOrder.nativeOrder()).putInt(1);
    value.put(new byte[] {0, 2, 4, 0, 0, 0, 0, 0}).put(Ip.parse(segment).getAddress());
    return Route.of(Cidr.parse(cidr), NextHop.dev("uplink"))
        .withEncap(new Route.Encap(5, List.of(Attribute.of(1, value.array()))));
  }

  /** linux/seg6_local.h: the action, and what it needs. */
  private static Route endpoint(String segment, int action, Attribute parameter) {
    Cidr cidr = Cidr.host(Ip.parse(segment));
    return Route.of(cidr, Route.Type.LOCAL, List.of(NextHop.dev("uplink")))
        .withEncap(new Route.Encap(7, List.of(Attribute.u32(1, action), parameter)));
  }
}
