// SPDX-License-Identifier: Apache-2.0
package io.margay.itests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.margay.itests.Shell.Result;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** {@code margay clean} takes from a node what is ours, and nothing else. */
class CleanIT {
  private static final String NODE = "node1";

  private static Lab lab;
  private static NodeKernel kernel;

  @BeforeAll
  static void up() throws IOException {
    lab = Lab.up(2, "46");
    kernel = lab.kernel(NODE);
  }

  @AfterAll
  static void down() throws IOException {
    if (lab != null) {
      lab.close();
    }
  }

  @Test
  void removesOursAndKeepsTheOthers() {
    foreignObjects();
    List<String> foreign = new ArrayList<>(kernel.state());
    foreign.removeAll(kernel.nft("-s", "list", "table", "inet", "margay").lines().toList());
    List<Pod> pods = new ArrayList<>(lab.pods(NODE, 2));
    pods.addAll(lab.pods("node2", 1));
    List<String> far = Together.call(pods, Pod::add).get(2);
    Lab.await("a route to the other node", () -> pods.get(0).reaches(far.get(0)));
    assertEquals(73, clean().exitCode(), "while the agent runs");
    assertTrue(pods.get(0).reaches(far.get(0)));
    lab.kill(NODE);

    assertTrue(clean("--dry-run").orFail().contains("would be removed"));
    assertTrue(pods.get(0).reaches(far.get(0)));
    clean().orFail();

    assertEquals(List.of(), kernel.changesSince(foreign));
    assertTrue(clean().orFail().startsWith("0 kernel objects"));
    lab.start(NODE);
    pods.forEach(Pod::del);
    assertEquals(List.of(), lab.kernel("node2").podObjects());
    assertEquals(List.of(), kernel.routes().stream().filter(r -> r.contains("cali")).toList());
    Pod anew = lab.pod(NODE);
    anew.add();
    anew.del();
  }

  /** Alike to ours in everything but one mark. */
  private static void foreignObjects() {
    for (String command :
        List.of(
            "link add br-other type bridge",
            "link set br-other up alias pool-of-somebody",
            "link add caliother type veth peer name other",
            "link set caliother address ee:ee:ee:ee:ee:ee up",
            "address add 10.77.0.1/24 dev br-other",
            "-4 route add blackhole 10.78.0.0/26 proto static",
            "-6 route add blackhole fd78::/122 proto 81",
            "rule add from 10.79.0.0/16 lookup 7 priority 9799",
            "neighbour add 10.77.0.9 lladdr 66:00:00:00:00:09 dev br-other nud permanent")) {
      kernel.ip(command.split(" "));
    }
  }

  private static Result clean(String... options) {
    List<String> command =
        new ArrayList<>(
            List.of(
                "nsenter",
                "--net=/run/netns/" + lab.netns(NODE),
                Distribution.HOME.resolve("bin/margay").toString(),
                "clean",
                "--state",
                lab.nodeState(NODE).toString()));
    command.addAll(List.of(options));
    return Shell.run(command.toArray(String[]::new));
  }
}
