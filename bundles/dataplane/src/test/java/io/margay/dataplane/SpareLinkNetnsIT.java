// SPDX-License-Identifier: Apache-2.0
package io.margay.dataplane;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.margay.api.dataplane.Address;
import io.margay.api.dataplane.Attribute;
import io.margay.api.dataplane.Cause;
import io.margay.api.dataplane.DesiredState;
import io.margay.api.dataplane.Link;
import io.margay.api.dataplane.NextHop;
import io.margay.api.dataplane.Owner;
import io.margay.api.dataplane.Route;
import io.margay.api.net.Cidr;
import io.margay.api.net.Ip;
import io.margay.netlink.KernelFacts;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * The {@code tunl0} that its module makes: it is there before anybody declares it, and never goes.
 */
class SpareLinkNetnsIT {
  private static final Owner MODE = Owner.mode("ipip");
  private static final Cause CAUSE = new Cause("test");

  /** linux/if_tunnel.h; of the kernel's own it is 0: as in the packet. */
  private static final int IFLA_IPTUN_TTL = 4;

  private static final DesiredState TUNNEL =
      DesiredState.of(
          Link.of("tunl0", "ipip").withMtuBytes(1400).withInfo(Attribute.u8(IFLA_IPTUN_TTL, 0)),
          Address.of("tunl0", Ip.parse("10.65.0.1"), 32),
          Route.of(
              Cidr.parse("10.65.1.0/26"),
              NextHop.via(Ip.parse("192.0.2.2"), "tunl0").withOnlink()));

  private TestNode node;
  private KernelDataplane dataplane;

  @BeforeEach
  void start() throws Exception {
    node = TestNode.withUplink();
    assumeTrue(
        KernelFacts.read(List.of("ipip")).linkKinds().contains("ipip"),
        "skipped: the kernel has no links of type ipip");
    dataplane = node.dataplane();
  }

  @AfterEach
  void stop() throws Exception {
    if (node != null) {
      node.close();
    }
  }

  @Test
  void isClaimedAndGivenBack() throws Exception {
    declare();

    String claimed = node.ip("-details link show tunl0") + node.ip("route");
    assertTrue(claimed.contains("mode/ipip") && claimed.contains("mtu 1400"), claimed);
    assertTrue(claimed.contains("10.65.1.0/26 via 192.0.2.2 dev tunl0"), claimed);

    dataplane.retire(MODE, CAUSE);
    TestNode.await("tunl0 is given back", () -> !node.ip("link show tunl0").contains("alias"));

    String left = node.ip("address show tunl0");
    assertFalse(left.contains("UP") || left.contains("10.65.0.1"), left);
  }

  @Test
  void isClaimedAgainAfterARestart() throws Exception {
    declare();
    dataplane.retire(MODE, CAUSE);
    TestNode.await("tunl0 is given back", () -> !node.ip("link show tunl0").contains("alias"));
    declare();
    String before = node.ip("-details address show tunl0");
    dataplane.close();

    dataplane = node.dataplane();
    assertEquals(List.of(), dataplane.preview(MODE, TUNNEL));
    declare();

    assertEquals(before, node.ip("-details address show tunl0"));
    assertEquals(List.of(), dataplane.drift());
  }

  private void declare() throws Exception {
    dataplane.declare(MODE, TUNNEL, CAUSE);
    dataplane.settled(MODE).toCompletableFuture().get();
  }
}
