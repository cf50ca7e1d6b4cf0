// SPDX-License-Identifier: Apache-2.0
package io.margay.itests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Nodes come and go while a pool changes its mode. */
class SwitchMembersIT {
  private static final String POOL = "default-ipv4-ippool";
  private static final List<String> STAYING = List.of("node1", "node2");
  private static final int PPS = 2000;

  @Test
  void aNodeThatJoinsInTheMiddleEndsInTheNewMode() throws Exception {
    Loss.untilValid(
        () -> {
          try (Lab lab = Lab.up(2, "4")) {
            PoolModes modes = new PoolModes(lab, "node1");
            addPods(lab, STAYING);
            Lab.await("no ping is missed", () -> lab.run("ping").exitCode() == 0);
            lab.stop("node2"); // So that the middle lasts until it is back.
            try (Loss loss = Loss.in(lab, PPS)) {
              modes.begin(POOL, "vxlan");
              lab.run("node", "add").orFail();
              addPods(lab, List.of("node3"));
              lab.start("node2");

              modes.awaitThere();

              loss.assertNone();
            }
            assertEquals(Set.of("vxlan/4096/4789"), modes.sends(POOL));
            Lab.await("no ping is missed", () -> lab.run("ping").exitCode() == 0);
            assertTrue(lab.kernel("node3").routes().stream().anyMatch(r -> r.contains("vxlan.")));
          }
        });
  }

  @Test
  void theOthersFinishWithoutANodeThatIsDeletedInTheMiddle() throws Exception {
    Loss.untilValid(
        () -> {
          try (Lab lab = Lab.up(3, "4")) {
            PoolModes modes = new PoolModes(lab, "node1");
            addPods(lab, List.of("node1", "node2", "node3"));
            Lab.await("no ping is missed", () -> lab.run("ping").exitCode() == 0);
            modes.change(POOL, "vxlan");
            modes.awaitThere();
            lab.kill("node3");
            try (Loss loss = Loss.in(lab, PPS, STAYING)) {
              modes.begin(POOL, "ipip");
              Lab.await(
                  "the others wait for it",
                  () ->
                      STAYING.stream().allMatch(n -> modes.waits(POOL, n).contains("node3 has ")));

              lab.client("node1", "", "delete", "node", "node3").orFail();

              modes.awaitThere();
              loss.assertNone();
            }
            assertEquals(Set.of("ipip"), modes.sends(POOL));
            assertEquals(Set.of("ipip"), modes.receives(POOL));

            // It finds its kernel as it was, but what its pods had is given back.
            lab.start("node3");

            modes.awaitThere();
            lab.run("pod", "del", "onnode3").orFail();
            addPods(lab, List.of("node3"));
            Lab.await("no ping is missed", () -> lab.run("ping").exitCode() == 0);
            assertEquals(Set.of("ipip"), modes.sends(POOL));
          }
        });
  }

  private static void addPods(Lab lab, List<String> nodes) {
    nodes.forEach(node -> lab.run("pod", "add", node, "on" + node).orFail());
  }
}
