// SPDX-License-Identifier: Apache-2.0
package io.margay.itests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import io.margay.itests.Shell.Result;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The example of a mode whose link a daemon makes: nothing moves to it before the daemon runs. */
class ModeDaemonIT {
  private static final String POOL = "default-ipv4-ippool";
  private static final List<String> NODES = List.of("node1", "node2");

  private static final Map<String, Process> DAEMONS = new HashMap<>();
  private static Lab lab;
  private static PoolModes modes;
  private static Path program;

  @BeforeAll
  static void twoNodesWithTheBundle() throws IOException {
    Lab.assumeRoot();
    Path bundle = VendorProject.bundle("daemon");
    Path folder = bundle.getParent();
    program = folder.resolve("margay-tap");
    String source = folder.resolveSibling("src/main/c/margay-tap.c").toString();
    Shell.run("gcc", "-O2", "-Wall", "-Wextra", "-Werror", "-o", program.toString(), source)
        .orFail();
    lab = Lab.up(NODES.size(), "46");
    modes = new PoolModes(lab, "node1");
    for (String node : NODES) {
      lab.run("pod", "add", node, "on" + node).orFail();
      lab.client(node, "", "exec", "bundle:install " + bundle + " --bake 1s").orFail();
    }
    Lab.await("no ping is missed", () -> lab.run("ping").exitCode() == 0);
  }

  @AfterAll
  static void down() throws IOException {
    DAEMONS.values().forEach(Process::destroy);
    if (lab != null) {
      lab.close();
    }
  }

  @Test
  void routesWaitForTheDaemonAndComeBackWithIt() throws Exception {
    try (Loss loss = Loss.in(lab, 1000)) {
      Result result = modes.command("mode:switch " + POOL + " tap --wait 2s");
      assertNotEquals(0, result.exitCode());
      assertTrue(result.output().contains("does margay-tap run?"), result.output());
      assertTrue(health("node1").contains("the daemon of com.example.tap here is not ready"));
      assertEquals(Set.of("direct"), modes.sends(POOL));

      start("node1");
      Lab.await("node1 is ready", () -> !health("node1").contains("not ready"));
      String routes = lab.kernel("node1").ip("-4", "route");
      assertFalse(routes.contains("margay-tap"), routes);

      start("node2");
      modes.awaitThere();
      modes.change(POOL, "vxlan");
      modes.awaitThere();
      modes.change(POOL, "tap");
      loss.assertNone();
    }
    assertEquals(Set.of("tap"), modes.sends(POOL));

    DAEMONS.remove("node1").destroyForcibly().waitFor();
    Lab.await("health tells", () -> health("node1").contains("not ready"));
    start("node1");
    Lab.await("no ping is missed", () -> lab.run("ping").exitCode() == 0);
    Lab.await("node1 is ready", () -> !health("node1").contains("not ready"));
  }

  private static void start(String node) throws IOException {
    String netns = lab.netns(node);
    String address =
        Shell.run("ip", "-n", netns, "-4", "-o", "address", "show", "dev", "eth0")
            .orFail()
            .strip()
            .split("\\s+")[3]
            .replaceAll("/.*", "");
    ProcessBuilder daemon =
        new ProcessBuilder(
                "nsenter",
                "--net=/run/netns/" + netns,
                program.toString(),
                "margay-tap",
                address,
                "49252",
                "1472")
            .inheritIO();
    DAEMONS.put(node, daemon.start());
  }

  private static String health(String node) {
    return lab.health(node, "modes").map(JsonObject::toString).orElse("");
  }
}
