// SPDX-License-Identifier: Apache-2.0
package io.margay.dataplane;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.margay.api.dataplane.Attribute;
import io.margay.api.dataplane.KernelObject;
import io.margay.api.dataplane.Link;
import io.margay.api.dataplane.NextHop;
import io.margay.api.dataplane.Owner;
import io.margay.api.dataplane.Route;
import io.margay.api.dataplane.Sysctl;
import io.margay.api.net.Cidr;
import io.margay.api.net.Ip;
import io.margay.api.net.MacAddress;
import java.util.List;
import org.junit.jupiter.api.Test;

class MatchTest {
  private static final Owner MODE = Owner.mode("vxlan");
  private static final Cidr BLOCK = Cidr.parse("10.1.0.0/26");
  private static final NextHop TWO = NextHop.via(Ip.parse("192.0.2.2"), "eth0");
  private static final NextHop THREE = NextHop.via(Ip.parse("192.0.2.3"), "eth0");
  private static final Attribute VNI = Attribute.u32(1, 4096);
  private static final Attribute ALIAS = Attribute.string(Match.IFLA_IFALIAS, "mode/vxlan");

  @Test
  void comparesWhatARouteDoes() {
    Route route = Route.of(BLOCK, TWO);

    assertTrue(satisfies(route, route));
    assertFalse(satisfies(route, Route.of(BLOCK, THREE)));
    assertFalse(satisfies(route, Route.blackhole(BLOCK)));
    assertFalse(satisfies(route, Route.of(BLOCK, List.of(TWO, THREE))));
    assertFalse(satisfies(route.withMtuBytes(1400), route));
    assertFalse(satisfies(route.withSource(Ip.parse("192.0.2.1")), route));
  }

  @Test
  void findsWhatARouteShouldNotHave() {
    Route route = Route.of(BLOCK, TWO);

    assertFalse(satisfies(route, route.withMtuBytes(1400)));
    assertFalse(satisfies(route, route.withSource(Ip.parse("192.0.2.1"))));
    assertFalse(satisfies(route, route.withEncap(new Route.Encap(1, List.of()))));
  }

  @Test
  void comparesOnlyTheDeclaredPartOfANextHop() {
    Route anyLink = Route.of(BLOCK, NextHop.via(Ip.parse("192.0.2.2")));

    assertTrue(satisfies(anyLink, Route.of(BLOCK, TWO)));
    assertTrue(satisfies(Route.of(BLOCK, TWO), Route.of(BLOCK, TWO.withOnlink())));
    assertFalse(satisfies(Route.of(BLOCK, TWO.withOnlink()), Route.of(BLOCK, TWO)));
  }

  @Test
  void comparesNextHopsInAnyOrderButWithTheirWeights() {
    Route route = Route.of(BLOCK, List.of(TWO, THREE.withWeight(3)));

    assertTrue(satisfies(route, Route.of(BLOCK, List.of(THREE.withWeight(3), TWO))));
    assertFalse(satisfies(route, Route.of(BLOCK, List.of(THREE, TWO))));
    assertFalse(satisfies(route, Route.of(BLOCK, List.of(TWO, TWO))));
  }

  @Test
  void comparesDeclaredAttributesOfALinkAndItsAlias() {
    Link declared = Link.of("vx0", "vxlan").withInfo(VNI);
    Link found =
        declared
            .withInfo(Attribute.u8(7, 0))
            .withMtuBytes(1450)
            .withMac(MacAddress.parse("66:00:00:00:00:01"))
            .withAttribute(ALIAS);

    assertTrue(satisfies(declared, found));
    assertTrue(satisfies(declared.withMtuBytes(1450), found));
    assertFalse(satisfies(declared.withMtuBytes(1400), found));
    assertFalse(satisfies(declared, found.withUp(false)));
    assertFalse(satisfies(Link.of("vx0", "vxlan").withInfo(Attribute.u32(1, 1)), found));
    assertFalse(satisfies(Link.of("vx0", "bridge"), found));
    assertFalse(Match.satisfies(declared, Owner.mode("ipip"), found));
    assertTrue(satisfies(Link.external("vx0"), found));
  }

  @Test
  void comparesSysctlsAsTheKernelPrintsThem() {
    assertTrue(satisfies(Sysctl.of("net/x", "1 2"), Sysctl.of("net/x", "1\t2\n")));
    assertFalse(satisfies(Sysctl.of("net/x", 1), Sysctl.of("net/x", 2)));
  }

  @Test
  void describesAFoundLinkByWhatWasDeclared() {
    Link found = Link.of("vx0", "vxlan").withInfo(VNI).withInfo(Attribute.u8(7, 0)).withUp(false);

    String text = Match.text(found, Link.of("vx0", "vxlan").withInfo(Attribute.u32(1, 7)));

    assertEquals("link vx0 type vxlan " + VNI, text);
  }

  private static boolean satisfies(KernelObject declared, KernelObject found) {
    return Match.satisfies(declared, MODE, found);
  }
}
