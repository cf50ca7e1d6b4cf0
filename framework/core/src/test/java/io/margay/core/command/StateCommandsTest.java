// SPDX-License-Identifier: Apache-2.0
package io.margay.core.command;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.margay.api.dataplane.Cause;
import io.margay.api.dataplane.DesiredState;
import io.margay.api.dataplane.NextHop;
import io.margay.api.dataplane.Owner;
import io.margay.api.dataplane.Route;
import io.margay.api.net.Cidr;
import io.margay.api.net.Ip;
import io.margay.testkit.FakeKernel;
import java.util.Map;
import org.junit.jupiter.api.Test;

class StateCommandsTest {
  private static final Cause CAUSE = new Cause("test");

  private final FakeKernel kernel = new FakeKernel();
  private final TestOutput output = new TestOutput();

  @Test
  void listsRoutesAsWantedBesideAsFound() throws Exception {
    kernel.declare(Owner.pool("old"), DesiredState.of(via("10.65.9.0/26", "192.0.2.9")), CAUSE);
    FakeKernel next = kernel.restarted();
    next.putForeign(via("10.65.2.0/26", "192.0.2.99"));
    next.refuse(o -> o.equals(via("10.65.3.0/26", "192.0.2.3")), "ENETUNREACH");
    next.declare(Owner.LOCAL, DesiredState.of(Route.blackhole(Cidr.parse("10.65.0.0/26"))), CAUSE);
    next.declare(
        Owner.pool("pool"),
        DesiredState.of(
            via("10.65.1.0/26", "192.0.2.1"),
            via("10.65.2.0/26", "192.0.2.2"),
            via("10.65.3.0/26", "192.0.2.3")),
        CAUSE);

    new RouteList(next).run(new TestInvocation(Map.of()), output);

    assertEquals(
        """
        Row[destination=10.65.0.0/26, desired=blackhole, actual=blackhole, state=ok, owner=local]
        Row[destination=10.65.1.0/26, desired=via 192.0.2.1, actual=via 192.0.2.1, state=ok, owner=pool/pool]
        Row[destination=10.65.2.0/26, desired=via 192.0.2.2, actual=via 192.0.2.99, state=foreign, owner=pool/pool]
        Row[destination=10.65.3.0/26, desired=via 192.0.2.3, actual=, state=refused: route 10.65.3.0/26 via 192.0.2.3: ENETUNREACH, owner=pool/pool]
        Row[destination=10.65.9.0/26, desired=, actual=via 192.0.2.9, state=not wanted, owner=]\
        """,
        output.text());
  }

  @Test
  void listsWhatTheHostRulesDropped() throws Exception {
    kernel.putCounter("nft.spoofed.packets", 3);
    kernel.putCounter("nft.spoofed.bytes", 252);

    new HostCounters(kernel).run(new TestInvocation(Map.of()), output);

    assertEquals(
        "Row[dropped=spoofed, packets=3, bytes=252,"
            + " meaning=from a pod, from an address that is not the pod's]",
        output.text());
  }

  private static Route via(String cidr, String gateway) {
    return Route.of(Cidr.parse(cidr), NextHop.via(Ip.parse(gateway)));
  }
}
