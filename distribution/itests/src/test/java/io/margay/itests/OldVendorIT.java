// SPDX-License-Identifier: Apache-2.0
package io.margay.itests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** A vendor's bundle that was built against the first API works in today's agents. */
class OldVendorIT {
  private static final String POOL = "default-ipv4-ippool";
  private static final List<String> NODES = List.of("node1", "node2");
  private static Lab lab;

  @BeforeAll
  static void twoNodesWithTheBundle() throws IOException, URISyntaxException {
    Path jar =
        Path.of(OldVendorIT.class.getResource("/old-vendor/org.example.old-1.0.0.jar").toURI());
    lab = Lab.up(NODES.size(), "46");
    for (String node : NODES) {
      lab.run("pod", "add", node, "on" + node).orFail();
      lab.client(node, "", "exec", "bundle:install " + jar + " --bake 1").orFail();
    }
  }

  @AfterAll
  static void down() throws IOException {
    if (lab != null) {
      lab.close();
    }
  }

  @Test
  void carriesPodsAndLosesNothingToAndFrom() throws Exception {
    PoolModes modes = new PoolModes(lab, "node1");
    Loss.untilValid(
        () -> {
          try (Loss loss = Loss.in(lab, 2000)) {
            modes.change(POOL, "old");
            modes.awaitThere();
            lab.run("ping").orFail();
            assertTrue(lab.kernel("node1").ip("link").contains("old0"));
            modes.change(POOL, "direct");
            modes.awaitThere();
            loss.assertNone();
          }
        });
    assertEquals(List.of(), lab.rows("node1", "dataplane:drift"));
  }

  @Test
  void wantsTheFirstApiAndGetsTodays() {
    String info = lab.client("node1", "", "exec", "bundle:info org.example.old").orFail();

    assertTrue(info.contains("io.margay.api.mode       wants [1.0,2), this agent has 1."), info);
    assertTrue(info.contains("(not declared)"), info);
  }
}
