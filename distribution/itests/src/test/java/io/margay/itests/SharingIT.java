// SPDX-License-Identifier: Apache-2.0
package io.margay.itests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonParser;
import io.margay.itests.sharing.SharingBundle;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Routes that a route sharing learns, in the kernel of a node that has a second uplink. */
class SharingIT {
  private static final String OUTSIDE = "198.18.0.0/15";
  private static final String SECOND_ROUTER = "198.51.100.254";

  private static Lab lab;
  private static Path home;
  private static NodeKernel kernel;
  private static String peer;
  private static String peerBlock;

  @BeforeAll
  static void twoNodesOneOfWhichLearns() throws IOException {
    lab = Lab.up(2, "4");
    lab.run("pod", "add", "node1", "a").orFail();
    lab.run("pod", "add", "node2", "b").orFail();
    kernel = lab.kernel("node1");
    Lab.await("node1 knows the way to node2", () -> !blockRoutes().isEmpty());
    peerBlock = blockRoutes().get(0).split(" ")[0];
    peer = blockRoutes().get(0).split(" ")[2];
    kernel.ip("link", "add", "tor0", "type", "veth", "peer", "name", "tor1");
    kernel.ip("link", "set", "tor1", "up");
    kernel.ip("link", "set", "tor0", "up");
    kernel.ip("address", "add", "198.51.100.1/24", "dev", "tor0");

    home = Files.createTempDirectory("margay-it-sharing").resolve("margay");
    Shell.run("cp", "-r", Distribution.HOME.toString(), home.toString()).orFail();
    SharingBundle.addTo(home);
    lab.stop("node1");
    lab.startOf(home, "node1");
  }

  @AfterAll
  static void down() throws IOException {
    if (lab != null) {
      lab.close();
      Shell.run("rm", "-rf", home.getParent().toString()).orFail();
    }
  }

  @BeforeEach
  void nothingIsLearned() {
    learn(true);
    awaitRoute(OUTSIDE, "");
    awaitRoute(peerBlock, "via " + peer + " dev eth0");
  }

  @Test
  void sharesTheBlockOfTheNode() {
    String own = kernel.blackholes().get(0);

    Lab.await("it is shared: " + learn(true), () -> learn(true).contains(own));
  }

  @Test
  void routesToTheOutsideByEveryLinkThatIsUp() {
    learn(true, OUTSIDE + "=" + peer + "," + SECOND_ROUTER);
    awaitRoute(OUTSIDE, "nexthop via " + peer + " dev eth0", "nexthop via " + SECOND_ROUTER);
    assertTrue(route(OUTSIDE).contains("proto 80 metric 2048"), route(OUTSIDE));

    kernel.ip("link", "set", "tor1", "down");
    awaitRoute(OUTSIDE, OUTSIDE + " via " + peer + " dev eth0");

    kernel.ip("link", "set", "tor1", "up");
    awaitRoute(OUTSIDE, "nexthop via " + peer + " dev eth0", "nexthop via " + SECOND_ROUTER);

    kernel.ip("link", "set", "tor0", "down");
    awaitRoute(OUTSIDE, OUTSIDE + " via " + peer + " dev eth0");
    kernel.ip("link", "set", "tor0", "up");
    awaitRoute(OUTSIDE, "nexthop via " + peer + " dev eth0", "nexthop via " + SECOND_ROUTER);
  }

  @Test
  void sendsToABlockAsLearnedAndShowsWhoIsBelieved() {
    learn(true, peerBlock + "=" + SECOND_ROUTER);
    awaitRoute(peerBlock, "via " + SECOND_ROUTER + " dev tor0");
    assertEquals("told", source(peerBlock));

    learn(true);
    awaitRoute(peerBlock, "via " + peer + " dev eth0");
    Lab.await("the store is believed", () -> source(peerBlock).equals("store"));
  }

  @Test
  void anAgentThatWasKilledKeepsWhatWasLearnedUntilAllIsInSync() throws IOException {
    learn(true, OUTSIDE + "=" + peer + "," + SECOND_ROUTER, peerBlock + "=" + SECOND_ROUTER);
    awaitRoute(OUTSIDE, "nexthop via " + peer + " dev eth0", "nexthop via " + SECOND_ROUTER);
    awaitRoute(peerBlock, "via " + SECOND_ROUTER + " dev tor0");

    try (KernelMonitor monitor = new KernelMonitor(lab.netns("node1"))) {
      lab.kill("node1");
      lab.startOf(home, "node1");
      learn(false, "198.18.5.0/24=" + peer);
      awaitRoute("198.18.5.0/24", "via " + peer + " dev eth0");

      assertEquals(
          List.of(),
          monitor.routeChanges().stream().filter(line -> !line.contains("198.18.5.0/24")).toList());
    }
    assertEquals("kernel", source(peerBlock));

    learn(true, peerBlock + "=" + SECOND_ROUTER);
    awaitRoute(OUTSIDE, "");
    awaitRoute(peerBlock, "via " + SECOND_ROUTER + " dev tor0");
  }

  /** Returns what the node shares. */
  private static String learn(boolean isInSync, String... routes) {
    String words = "told:learn " + String.join(" ", routes) + (isInSync ? " --synced" : "");
    Shell.Result result = lab.client("node1", "", "exec", words);
    result.orFail();
    return result.toString();
  }

  private static void awaitRoute(String destination, String... parts) {
    Lab.await(
        destination + " has " + String.join(", ", parts),
        () ->
            parts[0].isEmpty()
                ? route(destination).isEmpty()
                : List.of(parts).stream().allMatch(route(destination)::contains));
  }

  private static String route(String destination) {
    return kernel.ip("route", "show", "exact", destination).replaceAll("\\s+", " ");
  }

  /** Whom the node believes; the command says beside its rows who is not in sync. */
  private static String source(String destination) {
    return lab.client("node1", "", "exec", "route:sources --json")
        .orFail()
        .lines()
        .filter(line -> line.startsWith("{"))
        .map(line -> JsonParser.parseString(line.replaceAll(",$", "")).getAsJsonObject())
        .filter(row -> row.get("destination").getAsString().equals(destination))
        .map(row -> row.get("source").getAsString())
        .findFirst()
        .orElse("");
  }

  /** Routes of node1 to the other node's blocks. */
  private static List<String> blockRoutes() {
    return kernel.routes().stream().filter(line -> line.contains(" via ")).toList();
  }
}
