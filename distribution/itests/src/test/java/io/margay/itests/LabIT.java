// SPDX-License-Identifier: Apache-2.0
package io.margay.itests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.margay.itests.Shell.Result;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * Two nodes with an agent each, pods through margay-cni; Debian's ip and ping say what happened.
 */
class LabIT {
  private static Lab lab;

  @BeforeAll
  static void twoNodesWithTwoPodsEach() throws Exception {
    lab = Lab.up(2, "46");
    for (String pod : List.of("a1", "b1")) {
      lab.run("pod", "add", "node1", pod).orFail();
    }
    for (String pod : List.of("a2", "b2")) {
      lab.run("pod", "add", "node2", pod, "--namespace", "blue", "--label", "app=web").orFail();
    }
  }

  @AfterAll
  static void down() throws Exception {
    if (lab != null) {
      lab.close();
    }
  }

  @Test
  void everyPodReachesEveryPod() throws Exception {
    // The last pods' block is on its way to the other node.
    Lab.await("no ping is missed", () -> lab.run("ping").exitCode() == 0);

    String matrix = lab.run("ping").orFail();

    assertTrue(matrix.contains("IPv4: 16 of 16 pings answered"), matrix);
    assertTrue(matrix.contains("IPv6: 16 of 16 pings answered"), matrix);
  }

  @Test
  void theNodeRoutesToThePodAndNothingElse() throws Exception {
    lab.run("pod", "add", "node1", "c1").orFail();
    List<String> with = kernel("node1");

    lab.run("pod", "del", "c1").orFail();

    List<String> without = kernel("node1");
    List<String> gone = with.stream().filter(line -> !without.contains(line)).toList();
    assertEquals(List.of(), without.stream().filter(line -> !with.contains(line)).toList());
    assertEquals(3, gone.size(), "one link and two host routes: " + gone);
    assertTrue(gone.stream().allMatch(line -> line.contains("cali")), gone.toString());
  }

  @Test
  void aPodDeletedWhileTheAgentIsAwayIsGoneAfterItsStart() throws Exception {
    lab.run("pod", "add", "node2", "leaving").orFail();
    lab.run("stop", "node2").orFail();

    lab.run("pod", "del", "leaving").orFail();
    Path spool = lab.nodeState("node2").resolve("spool");
    assertEquals(1, spooled(spool).size());
    lab.run("start", "node2").orFail();

    assertEquals(List.of(), spooled(spool));
    String endpoints = lab.run("exec", "node2", "endpoint:list").orFail();
    assertTrue(endpoints.contains("a2") && !endpoints.contains("leaving"), endpoints);
  }

  @Test
  void saysWhatIsWrong() throws Exception {
    Result node = lab.run("pod", "add", "node9", "x");
    Result pod = lab.run("pod", "add", "node1", "a1");

    assertEquals("margay lab: there is no node node9; nodes: node1 node2", node.output());
    assertEquals("margay lab: " + lab.netns("a1") + " exists already", pod.output());
    assertEquals(List.of(1, 1), List.of(node.exitCode(), pod.exitCode()));
  }

  private static List<Path> spooled(Path spool) throws IOException {
    try (var files = Files.list(spool)) {
      return files.toList();
    }
  }

  /** Links and routes of a node, without counters that change by themselves. */
  private static List<String> kernel(String node) {
    String script = "ip -br link | grep -o '^[^@ ]*'; ip route; ip -6 route | grep -v ^fe80";
    return Shell.run("ip", "netns", "exec", lab.netns(node), "sh", "-c", script)
        .orFail()
        .lines()
        .toList();
  }
}
