// SPDX-License-Identifier: Apache-2.0
package io.margay.itests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.margay.itests.Shell.Result;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * Two nodes with an agent each, pods through margay-cni; Debian's ip and ping say what happened.
 */
class LabIT {
  private static final Pattern LOSS = Pattern.compile("(\\d+) received, .*?(\\S+)% packet loss");

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
  void aKilledAgentAndItsRestartLoseNoPacketAndWriteNothing() throws Exception {
    Process pings =
        Shell.start(
            Map.of(),
            List.of(
                    "ip",
                    "netns",
                    "exec",
                    lab.netns("a1"),
                    "ping",
                    "-q",
                    "-i",
                    "0.001",
                    address("a2"))
                .toArray(String[]::new));
    Process monitor =
        Shell.start(
            Map.of(),
            "ip",
            "-n",
            lab.netns("node1"),
            "monitor",
            "link",
            "address",
            "route",
            "rule");

    lab.run("kill", "node1").orFail();
    lab.run("start", "node1").orFail();

    // The monitor's first line shows that it works and that nothing came before.
    String marker = "192.0.2.1/32";
    Shell.run("ip", "-n", lab.netns("node1"), "address", "add", marker, "dev", "lo").orFail();
    String firstChange = monitor.inputReader().readLine();
    monitor.destroy();
    Shell.run("ip", "-n", lab.netns("node1"), "address", "del", marker, "dev", "lo").orFail();
    assertTrue(firstChange.contains(marker), firstChange);
    // SIGINT: ping then prints its sums.
    Shell.run("kill", "-INT", Long.toString(pings.pid())).orFail();
    Result sums = Shell.end(pings);
    Matcher loss = LOSS.matcher(sums.output());
    assertTrue(loss.find(), sums.output());
    assertTrue(Integer.parseInt(loss.group(1)) > 100, sums.output());
    assertEquals("0", loss.group(2), sums.output());
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

  private static String address(String pod) {
    String line =
        Shell.run("ip", "-n", lab.netns(pod), "-br", "-4", "address", "show", "eth0").orFail();
    return line.replaceAll(".*\\s(\\S+)/32.*", "$1");
  }
}
