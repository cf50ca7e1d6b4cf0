// SPDX-License-Identifier: Apache-2.0
package io.margay.itests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.margay.itests.sharing.BundleStop;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Nodes in two subnets, in direct mode, whose router is BIRD: it learns the blocks by BGP alone.
 */
class BgpLabIT {
  private static final String OUTSIDE = "198.51.100.0/24";

  private static Lab lab;

  @BeforeAll
  static void fourNodesAndARouter() throws IOException {
    lab = Lab.up(BundleStop::addTo, "--nodes", "4", "--subnets", "2", "--tor", "bird");
    for (int node = 1; node <= 4; node++) {
      lab.run("pod", "add", "node" + node, "of-node" + node).orFail();
    }
  }

  @AfterAll
  static void down() throws IOException {
    if (lab != null) {
      lab.close();
    }
  }

  @BeforeEach
  void everySessionIsUp() {
    for (int node = 1; node <= 4; node++) {
      awaitSessions("node" + node);
    }
    Lab.await("no ping is missed", () -> lab.run("ping").exitCode() == 0);
    Lab.await("the route to the outside", () -> outside().contains("metric 2048"));
  }

  private static void awaitSessions(String node) {
    Lab.await(
        "the sessions of " + node + " are up and have told all",
        () -> {
          // The commands go and come with the speaker.
          if (lab.run("exec", node, "bgp:peers").exitCode() != 0
              || !lab.run("exec", node, "bgp:status").toString().contains("in sync     yes")) {
            return false;
          }
          var peers = lab.rows(node, "bgp:peers");
          return peers.size() == 8
              && peers.stream()
                  .allMatch(row -> row.get("state").getAsString().equals("Established"));
        });
  }

  private static String outside() {
    return lab.kernel("node1").ip("route", "show", "exact", OUTSIDE);
  }

  @Test
  void podsReachEachOtherAcrossSubnets() {
    String matrix = lab.run("ping").orFail();

    assertTrue(matrix.contains("IPv4: 16 of 16 pings answered"), matrix);
    assertTrue(matrix.contains("IPv6: 16 of 16 pings answered"), matrix);
    NodeKernel router = lab.kernel("router");
    for (String family : List.of("-4", "-6")) {
      assertEquals("", router.ip(family, "route", "show", "proto", "static"));
      List<String> learned = router.ip(family, "route", "show", "proto", "bird").lines().toList();
      assertEquals(4, learned.stream().filter(l -> l.contains(" via ")).count(), "" + learned);
    }
  }

  @Test
  void saysByWhatANodeGoes() {
    String block = lab.kernel("node3").blackholes().get(0);

    String story = lab.run("exec", "node1", "bgp:explain " + block).orFail();

    assertTrue(story.matches("(?s).*mesh/node3 +best; .*"), story);
    assertTrue(story.matches("(?s).*this node goes by +\\S+ +bgp \\[via .*"), story);
    assertTrue(story.contains("no: both peers are internal"), story);
  }

  @Test
  void anAgentThatIsKilledTakesNoRouteWithIt() throws Exception {
    assertUnnoticed(
        () -> {
          lab.kill("node1");
          Lab.await(
              "node2 keeps the routes of node1",
              () -> lab.run("exec", "node2", "bgp:peers").orFail().contains("are kept while"));
          lab.start("node1");
        });
  }

  @Test
  void aRouterThatIsKilledTakesNoRouteWithIt() throws Exception {
    assertUnnoticed(
        () -> {
          lab.run("tor", "restart").orFail();
          Lab.await(
              "the session with the router has been down",
              () ->
                  lab.rows("node1", "bgp:peers").stream()
                      .filter(row -> row.get("peer").getAsString().startsWith("tor"))
                      .allMatch(row -> row.get("flaps").getAsInt() > 0));
        });
  }

  @Test
  void aSpeakerThatIsReplacedTakesNoRouteWithIt() throws Exception {
    // Another setting makes a speaker of its own, as another bundle does.
    String first = lab.rows("node1", "bgp:peers").toString();
    assertUnnoticed(
        () -> {
          // At once: an empty file would be a change of its own.
          Path file = Files.writeString(lab.settings("../bgp.new"), "holdSeconds = 81\n");
          Files.move(file, lab.settings("io.margay.bgp.cfg"), StandardCopyOption.REPLACE_EXISTING);
          for (int node = 1; node <= 4; node++) {
            String name = "node" + node;
            // The nodes have one folder of settings, and look when they do; the router offers more.
            Lab.await(
                "another speaker of " + name,
                () -> lab.run("exec", name, "bgp:peer tor4-" + name).toString().contains("81 s"));
          }
        });
    assertTrue(!first.equals(lab.rows("node1", "bgp:peers").toString()), first);
  }

  @Test
  void aBundleThatIsStoppedTakesNoRouteWithIt() throws Exception {
    assertUnnoticed(
        () -> {
          lab.run("exec", "node1", "test:bundle stop io.margay.bgp").orFail();
          Lab.await(
              "node2 keeps the routes of node1",
              () -> lab.run("exec", "node2", "bgp:peers").orFail().contains("are kept while"));
          assertTrue(lab.run("exec", "node1", "bgp:peers").exitCode() != 0);
          lab.run("exec", "node1", "test:bundle start io.margay.bgp").orFail();
        });
  }

  @Test
  void aSwitchOfTheModeResetsNoSession() throws Exception {
    String before = flaps();

    Loss.untilValid(
        () -> {
          try (Loss loss = Loss.in(lab, 3000)) {
            for (String mode : List.of("vxlan", "ipip", "direct")) {
              lab.run("exec", "node1", "mode:switch default-ipv4-ippool " + mode).orFail();
            }
            loss.assertNone();
          }
        });

    assertEquals(before, flaps());
  }

  private static String flaps() {
    return lab.rows("node1", "bgp:peers").stream()
        .map(row -> row.get("address").getAsString() + " " + row.get("flaps").getAsInt())
        .sorted()
        .toList()
        .toString();
  }

  /** No packet is lost, and no route of a node changes for a moment. */
  private void assertUnnoticed(Loss.Run event) throws Exception {
    Loss.untilValid(
        () -> {
          try (Loss loss = Loss.in(lab, 3000);
              KernelMonitor first = new KernelMonitor(lab.netns("node1"));
              KernelMonitor second = new KernelMonitor(lab.netns("node2"))) {
            event.run();
            for (int node = 1; node <= 4; node++) {
              awaitSessions("node" + node);
            }

            loss.assertNone();
            assertEquals(List.of(), first.routeChanges());
            assertEquals(List.of(), second.routeChanges());
          }
        });
  }
}
