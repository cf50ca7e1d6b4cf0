// SPDX-License-Identifier: Apache-2.0
package io.margay.itests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.margay.itests.Shell.Result;
import java.io.IOException;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Pools change their mode while pods talk, and things go wrong in between: nothing is lost. */
class SwitchIT {
  private static final String POOL = "default-ipv4-ippool";
  private static final String POOL6 = "default-ipv6-ippool";
  private static final List<String> NODES = List.of("node1", "node2", "node3");
  private static final int PPS = 3000;

  private static Lab lab;
  private static PoolModes modes;

  @BeforeAll
  static void up() throws IOException {
    lab = Lab.up(NODES.size(), "46");
    modes = new PoolModes(lab, "node1");
    for (String node : NODES) {
      lab.run("pod", "add", node, "on" + node).orFail();
    }
    Lab.await("no ping is missed", () -> lab.run("ping").exitCode() == 0);
  }

  @AfterAll
  static void down() throws IOException {
    if (lab != null) {
      lab.close();
    }
  }

  @BeforeEach
  void direct() {
    modes.command("mode:switch " + POOL + " direct").orFail();
    modes.command("mode:switch " + POOL6 + " direct").orFail();
    modes.awaitThere();
  }

  @Test
  void losesNothingThroughAllModes() throws Exception {
    try (Loss loss = Loss.in(lab, PPS)) {
      for (String mode :
          List.of("ipip", "vxlan", "ipip/CrossSubnet", "vxlan/CrossSubnet", "ipip", "direct")) {
        modes.command("mode:switch " + POOL + " " + mode).orFail();
      }
      loss.assertNone();
    }
  }

  @Test
  void switchesTwoPoolsAtOnce() throws Exception {
    try (Loss loss = Loss.in(lab, PPS)) {
      modes.command("mode:switch " + POOL + " ipip --wait 0s").orFail();
      modes.command("mode:switch " + POOL6 + " vxlan --wait 0s").orFail();
      modes.awaitThere();
      loss.assertNone();
    }
    assertEquals(Set.of("ipip"), modes.sends(POOL));
    assertEquals(Set.of("vxlan/4096/4789/v6"), modes.sends(POOL6));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "before-publish",
        "after-publish",
        "after-declare",
        "after-settle",
        "after-withdraw",
        "before-retire"
      })
  void losesNothingWhenAnAgentIsKilled(String where) throws Exception {
    modes.command("mode:switch " + POOL + " ipip").orFail();
    modes.awaitThere();
    lab.stop("node2");
    lab.startWithFault("node2", "switch." + where);
    try (Loss loss = Loss.in(lab, PPS)) {
      modes.command("mode:switch " + POOL + " vxlan --wait 0s").orFail();
      Lab.await("the agent dies", () -> !lab.agentRuns("node2"));

      lab.start("node2");

      modes.awaitThere();
      loss.assertNone();
    }
    assertEquals(Set.of("vxlan/4096/4789"), modes.sends(POOL));
  }

  @Test
  void waitsForAnAgentThatIsAwayAndNamesIt() throws Exception {
    lab.stop("node3");
    try (Loss loss = Loss.in(lab, PPS)) {
      Result result = modes.command("mode:switch " + POOL + " vxlan --wait 2s");

      assertNotEquals(0, result.exitCode());
      assertTrue(result.output().contains("node3 has not taken up"), result.output());
      lab.start("node3");
      modes.awaitThere();
      loss.assertNone();
    }
  }

  @Test
  void goesBackInTheMiddle() throws Exception {
    lab.stop("node3");
    try (Loss loss = Loss.in(lab, PPS)) {
      assertNotEquals(0, modes.command("mode:switch " + POOL + " ipip --wait 2s").exitCode());
      modes.command("mode:abort " + POOL).orFail();
      lab.start("node3");
      modes.awaitThere();
      loss.assertNone();
    }
    assertEquals(Set.of("direct"), modes.sends(POOL));
  }

  @Test
  void goesBackByItselfUnlessConfirmed() throws Exception {
    try (Loss loss = Loss.in(lab, PPS)) {
      modes.command("mode:switch " + POOL + " vxlan --confirm 3s").orFail();
      Lab.await("it has gone back", () -> modes.sends(POOL).equals(Set.of("direct")));
      modes.command("mode:switch " + POOL + " ipip --confirm 600s").orFail();
      modes.command("mode:confirm " + POOL).orFail();
      loss.assertNone();
    }
    assertEquals(Set.of("ipip"), modes.sends(POOL));
  }

  @Test
  void goesBackByItselfWhenAProbedWayIsLost() throws Exception {
    modes.command("mode:switch " + POOL + " ipip --confirm 600s").orFail();
    try {
      drop("node1", "node2", "ip protocol 4");
      Lab.await("it has gone back", () -> modes.sends(POOL).equals(Set.of("direct")));
      Lab.await("no ping is missed", () -> lab.run("ping").exitCode() == 0);
    } finally {
      allow();
    }
    assertTrue(
        NODES.stream()
            .flatMap(n -> lab.log(n).stream())
            .anyMatch(line -> line.contains("no longer answers probes by ipip")));
  }

  @Test
  void plansOnEveryNodeWhatTheSwitchThenDoes() throws Exception {
    Result result = modes.command("mode:plan " + POOL + " vxlan --diff");

    assertEquals(0, result.exitCode(), result.output());
    for (String node : NODES) {
      assertTrue(result.output().contains(node + ": "), result.output());
    }
    assertTrue(result.output().contains("dev vxlan.calico onlink  (was: "), result.output());
    assertEquals(Set.of("direct"), modes.sends(POOL));
    modes.command("mode:switch " + POOL + " vxlan").orFail();
    Result after = modes.command("mode:plan " + POOL + " vxlan --diff");
    assertEquals(0, after.exitCode(), after.output());
    assertTrue(after.output().contains("node1: 0 changes"), after.output());
  }

  @Test
  void namesWhatStandsAgainstASwitch() throws Exception {
    lab.stop("node3");
    String bound =
        "use IO::Socket::INET; my $s = IO::Socket::INET->new(Proto => 'udp', LocalPort => 4789)"
            + " or die; sleep";
    Process socket =
        new ProcessBuilder("ip", "netns", "exec", lab.netns("node2"), "perl", "-e", bound).start();
    try {
      Lab.await(
          "the port is in use",
          () ->
              modes
                  .command("mode:plan " + POOL + " vxlan")
                  .output()
                  .contains("UDP port 4789 is in use by another socket of the node"));
      Result result = modes.command("mode:plan " + POOL + " vxlan");
      assertEquals(1, result.exitCode(), result.output());
      assertTrue(result.output().contains("node3 does not answer"), result.output());
      assertTrue(result.output().contains("2 blockers"), result.output());
    } finally {
      socket.destroy();
      socket.waitFor();
      lab.start("node3");
    }
  }

  @Test
  void staysWhereTheNetworkDropsTheNewModeAndNamesThePair() throws Exception {
    drop("node1", "node2", "ip protocol 4");
    try (Loss loss = Loss.in(lab, PPS)) {
      Result result = modes.command("mode:switch " + POOL + " ipip --wait 15s");

      assertNotEquals(0, result.exitCode());
      assertTrue(
          result.output().contains("node2 does not answer full-size probes by ipip"),
          result.output());
      allow();
      modes.awaitThere();
      loss.assertNone();
    } finally {
      allow();
    }
  }

  // ---- helpers

  /** On the switch between the nodes. */
  private static void drop(String from, String to, String what) {
    String rules =
        """
        table bridge margaytest {
          chain c {
            type filter hook forward priority 0
            iifname "%s" oifname "%s" %s drop
          }
        }
        """
            .formatted(from, to, what);
    Shell.run("ip", "netns", "exec", lab.netns("switch"), "nft", rules).orFail();
  }

  private static void allow() {
    Shell.run("ip", "netns", "exec", lab.netns("switch"), "nft", "delete table bridge margaytest");
  }
}
