// SPDX-License-Identifier: Apache-2.0
package io.margay.dataplane;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.margay.api.dataplane.Cause;
import io.margay.api.dataplane.DataplaneException;
import io.margay.api.dataplane.DesiredState;
import io.margay.api.dataplane.Link;
import io.margay.api.dataplane.NextHop;
import io.margay.api.dataplane.Owner;
import io.margay.api.dataplane.Route;
import io.margay.api.net.Cidr;
import java.util.List;
import java.util.concurrent.ExecutionException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A pod's endpoint may be known before its link is made; then nobody is to wait for events. */
class LateLinkNetnsIT {
  private static final Owner POD = Owner.workload("net.pod");
  private static final Cause CAUSE = new Cause("test");

  private TestNode node;

  @BeforeEach
  void start() throws Exception {
    node = TestNode.withUplink();
  }

  @AfterEach
  void stop() throws Exception {
    if (node != null) {
      node.close();
    }
  }

  @Test
  void settlesOnLinksMadeAfterTheirObjectsWereRefused() throws Exception {
    KernelDataplane dataplane = node.dataplane();
    for (int i = 0; i < 20; i++) {
      String link = "late" + i;
      DesiredState pod =
          DesiredState.of(
              Link.external(link), Route.of(Cidr.parse("10.65.0." + i + "/32"), NextHop.dev(link)));
      dataplane.declare(POD, pod, CAUSE);
      ExecutionException refused =
          assertThrows(
              ExecutionException.class, () -> dataplane.settled(POD).toCompletableFuture().get());
      assertEquals("ENODEV", ((DataplaneException) refused.getCause()).errno());

      node.ip("link add " + link + " type bridge");
      node.ip("link set " + link + " up");
      dataplane.declare(POD, pod, CAUSE);
      dataplane.settled(POD).toCompletableFuture().get();

      assertEquals(List.of(), dataplane.drift().stream().filter(d -> !d.repaired()).toList());
    }
  }
}
