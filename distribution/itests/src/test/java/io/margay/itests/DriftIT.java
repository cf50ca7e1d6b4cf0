// SPDX-License-Identifier: Apache-2.0
package io.margay.itests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What others do to the kernel of a node is undone, or left alone where it is theirs. */
class DriftIT {
  private static Lab lab;
  private static NodeKernel kernel;
  private static Pod near;
  private static Pod far;
  private static List<String> farAddresses;
  private static String link;
  private static List<String> settled;

  @BeforeAll
  static void up() throws IOException {
    lab = Lab.up(2, "46");
    kernel = lab.kernel("node1");
    near = lab.pod("node1");
    far = lab.pod("node2");
    near.add();
    farAddresses = far.add();
    awaitPings();
    link = kernel.podLinks().get(0);
    settled = kernel.routes();
  }

  @AfterAll
  static void down() throws IOException {
    if (lab != null) {
      lab.close();
    }
  }

  @BeforeEach
  @AfterEach
  void awaitSettled() {
    Lab.await("routes are " + settled + " again", () -> kernel.routes().equals(settled));
    awaitPings();
  }

  private static void awaitPings() {
    for (String address : farAddresses) {
      Lab.await("ping of " + address, () -> near.reaches(address));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"-4", "-6"})
  void flushedRoutesComeBack(String family) {
    kernel.ip(family, "route", "flush", "proto", "80");
  }

  @Test
  void eachDeletedRouteComesBack() {
    for (String route : settled) {
      String family = route.contains(":") ? "-6" : "-4";
      kernel.ip(words(family + " route delete " + route.replaceAll(" pref medium.*", "")));
    }
  }

  @Test
  void aChangedRouteIsChangedBack() {
    String route = toFarNode().replaceAll("\\.2 dev", ".77 dev");

    kernel.ip(words("-4 route replace " + route + " proto 80"));

    awaitSettled();
    assertTrue(
        lab.rows("node1", "dataplane:drift").stream()
            .anyMatch(row -> row.toString().contains("repaired")),
        "it is told");
  }

  @Test
  void aDeletedNeighbourComesBack() {
    List<String> before = kernel.neighbours();

    kernel.ip("neighbour", "flush", "dev", link, "nud", "permanent");

    Lab.await("neighbours are " + before, () -> kernel.neighbours().equals(before));
  }

  /** Whoever sets a pod's link down wants it down; what was over it comes back with it. */
  @Test
  void aPodLinkThatWasDownIsUsedAgain() {
    kernel.ip("link", "set", link, "down");
    Lab.await("the kernel has removed routes", () -> !kernel.routes().equals(settled));

    kernel.ip("link", "set", link, "up");
  }

  /** The kernel removes every route over a link that goes down. */
  @Test
  void anUplinkThatWasAwayIsUsedAgain() {
    kernel.ip("link", "set", "eth0", "down");
    Lab.await("the kernel has removed routes", () -> !kernel.routes().equals(settled));

    kernel.ip("link", "set", "eth0", "up");
  }

  @Test
  void aForeignRouteIsReportedAndLeftAlone() {
    String foreign = toFarNode() + " proto static";
    lab.stop("node1");
    kernel.ip(words("-4 route replace " + foreign));
    lab.start("node1");

    List<JsonObject> drift = lab.rows("node1", "dataplane:drift");
    assertEquals(1, drift.size(), drift.toString());
    assertEquals("open", drift.get(0).get("state").getAsString());
    assertTrue(drift.get(0).get("detail").getAsString().contains("foreign"), drift.toString());
    assertTrue(kernel.ip("-4", "route").contains("proto static"));
    assertEquals("DEGRADED", health("dataplane"));

    kernel.ip(words("-4 route delete " + foreign));

    awaitSettled();
    Lab.await("nothing is open", () -> lab.rows("node1", "dataplane:drift").isEmpty());
    assertEquals("OK", health("dataplane"));
  }

  @Test
  void routesToANodeWhoseAgentIsAwayStay() {
    for (Runnable end : List.<Runnable>of(() -> lab.stop("node2"), () -> lab.kill("node2"))) {
      end.run();
      try {
        lab.stop("node1");
        lab.start("node1");
        assertEquals(settled, kernel.routes());
        awaitPings();
      } finally {
        lab.start("node2");
      }
    }
  }

  /** As {@code ip} prints it when asked for our protocol: that is left out. */
  private static String toFarNode() {
    return settled.stream()
        .filter(route -> route.matches(".* via 172.*"))
        .findFirst()
        .orElseThrow();
  }

  private static String health(String part) {
    return lab.health("node1", part).orElseThrow().get("status").getAsString();
  }

  private static String[] words(String text) {
    return text.strip().split("\\s+");
  }
}
