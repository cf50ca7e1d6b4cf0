// SPDX-License-Identifier: Apache-2.0
package com.example.tap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.margay.api.mode.ModeDaemon.Readiness;
import io.margay.api.mode.RoutingMode;
import io.margay.api.mode.Variant;
import io.margay.testkit.FakeView;
import io.margay.testkit.RoutingModeContract;
import org.junit.jupiter.api.Test;

class TapModeTest extends RoutingModeContract {
  private final TapMode mode = new TapMode();

  @Override
  protected RoutingMode mode() {
    return mode;
  }

  @Test
  void namesTheNodeByTheMacOfANeighbour() {
    FakeView view =
        FakeView.of("192.0.2.1/24", "2001:db8::1/64")
            .withTunnelAddress("tap/IPV4", "10.65.0.1")
            .withPeer("node2", "192.0.2.2", "2001:db8::2")
            .withBlock("10.65.2.0/26", Variant.ALWAYS, "node2")
            .withBlock("fd00:65:2::/122", Variant.ALWAYS, "node2");

    assertEquals(
        """
        link margay-tap external
        sysctl net/ipv4/conf/margay-tap/rp_filter = 2
        address 10.65.0.1/32 dev margay-tap
        neigh 192.0.2.2 dev margay-tap lladdr 02:50:c0:00:02:02 nud permanent
        neigh fe80::c000:202 dev margay-tap lladdr 02:50:c0:00:02:02 nud permanent
        route 10.65.2.0/26 via 192.0.2.2 dev margay-tap onlink
        route fd00:65:2::/122 via fe80::c000:202 dev margay-tap onlink
        """,
        mode.plan(view).toString());
  }

  @Test
  void isNotReadyWithoutItsDaemon() {
    Readiness readiness = mode.readiness();

    assertFalse(readiness.ready());
    assertTrue(readiness.detail().contains("does margay-tap run?"), readiness.detail());
  }
}
