// SPDX-License-Identifier: Apache-2.0
package io.margay.itests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Nodes that share routes by a reflector, and what operators do to them. */
class BgpReflectorIT {
  private static final String FILTER =
      """
      apiVersion: projectcalico.org/v3
      kind: BGPFilter
      metadata:
        name: nothing
      spec:
        importV4:
          - action: Reject
      ---
      apiVersion: projectcalico.org/v3
      kind: BGPPeer
      metadata:
        name: reflectors
      spec:
        nodeSelector: all()
        peerSelector: has(route-reflector)
        filters: [%s]
      """;

  private static final String PASSWORD =
      """
      apiVersion: projectcalico.org/v3
      kind: BGPPeer
      metadata:
        name: reflectors
      spec:
        nodeSelector: all()
        peerSelector: has(route-reflector)
        password:
          secretKeyRef: {name: bgp, key: reflectors}
      """;

  private static Lab lab;

  @BeforeAll
  static void oneReflectorAndTwoClients() throws IOException {
    lab = Lab.up("--nodes", "3", "--families", "4", "--reflectors", "1");
    for (int node = 1; node <= 3; node++) {
      lab.run("pod", "add", "node" + node, "of-node" + node).orFail();
    }
    awaitSynced();
  }

  @AfterAll
  static void down() throws IOException {
    if (lab != null) {
      lab.close();
    }
  }

  private static void awaitSynced() {
    for (String node : List.of("node1", "node2", "node3")) {
      Lab.await("sessions of " + node, () -> states(node).stream().allMatch("Established"::equals));
      Lab.await("routes of " + node, () -> learned(node) == 2);
    }
  }

  private static List<String> states(String node) {
    return lab.rows(node, "bgp:peers").stream().map(row -> row.get("state").getAsString()).toList();
  }

  private static long learned(String node) {
    return lab.rows(node, "bgp:rib").stream()
        .filter(row -> !row.get("from").getAsString().equals("local"))
        .count();
  }

  private static int flaps(String node) {
    return lab.rows(node, "bgp:peers").stream()
        .map(row -> row.get("flaps").getAsInt())
        .reduce(0, Integer::sum);
  }

  private static void apply(String text) {
    lab.client("node1", text, "apply", "-f", "-").orFail();
  }

  @Test
  void clientsHaveOneSessionAndLearnEverything() {
    assertEquals(1, lab.rows("node2", "bgp:peers").size());
    assertEquals(2, lab.rows("node1", "bgp:peers").size());

    String story = lab.run("exec", "node2", "bgp:rib").orFail();

    assertTrue(story.contains("reflectors/node1"), story);
    String matrix = lab.run("ping").orFail();
    assertTrue(matrix.contains("IPv4: 9 of 9 pings answered"), matrix);
  }

  @Test
  void aReflectorThatIsKilledTakesNoRouteWithIt() throws Exception {
    Loss.untilValid(
        () -> {
          awaitSynced();
          try (Loss loss = Loss.in(lab, 3000);
              KernelMonitor monitor = new KernelMonitor(lab.netns("node2"))) {
            lab.kill("node1");
            Lab.await(
                "it is missed", () -> states("node2").stream().noneMatch("Established"::equals));
            lab.start("node1");
            awaitSynced();

            loss.assertNone();
            assertEquals(List.of(), monitor.routeChanges());
          }
        });
  }

  @Test
  void aFilterIsFollowedWithoutAReset() {
    awaitSynced();
    int before = flaps("node2");
    String change = FILTER.formatted("nothing");
    List<JsonObject> plan = plan(change);
    assertEquals(1, plan.size());
    assertEquals("soft", plan.get(0).get("change").getAsString());

    apply(change);

    Lab.await("nothing is used", () -> learned("node2") == 0);
    Lab.await(
        "the store carries the blocks, and it is said",
        () -> lab.run("exec", "node2", "bgp:status").orFail().contains("by the store"));
    assertEquals(before, flaps("node2"));
    assertTrue(lab.run("ping").orFail().contains("9 of 9"));

    apply(FILTER.formatted(""));
    awaitSynced();
    assertEquals(before, flaps("node2"));
  }

  private static List<JsonObject> plan(String change) {
    String json = lab.client("node2", change, "exec", "-f", "-", "bgp:plan -f - --json").orFail();
    return JsonParser.parseString(json).getAsJsonArray().asList().stream()
        .map(e -> e.getAsJsonObject())
        .toList();
  }

  @Test
  void whatCannotBeIsToldAndClosesNoSession() {
    awaitSynced();
    int before = flaps("node2");

    apply(FILTER.formatted("nobody"));
    Lab.await(
        "the filter is missed", () -> status("node2").contains("there is no BGPFilter nobody"));
    assertTrue(lab.health("node2", "bgp").orElseThrow().toString().contains("nobody"));
    String refusal =
        lab.client(
                "node1",
                FILTER.formatted("").replace("nodeSelector", "node: a\n  nodeSelector"),
                "apply",
                "-f",
                "-")
            .toString();
    assertTrue(refusal.contains("nodeSelector"), refusal);

    apply(FILTER.formatted(""));
    Lab.await("nothing is wrong", () -> !status("node2").contains("problem"));
    assertEquals(before, flaps("node2"));
  }

  private static String status(String node) {
    return lab.run("exec", node, "bgp:status").orFail();
  }

  @Test
  void passwordsAreReadFromFilesAndChangedWithoutAReset() throws IOException {
    awaitSynced();
    for (String node : List.of("node1", "node2", "node3")) {
      secret(node, "one\n");
    }
    apply(PASSWORD);
    awaitSynced();
    Lab.await(
        "the sessions are signed",
        () -> lab.rows("node2", "bgp:peer node1").toString().contains("\"set\""));
    int before = flaps("node2");

    for (String node : List.of("node1", "node2", "node3")) {
      secret(node, "another\n");
    }
    for (String node : List.of("node1", "node2", "node3")) {
      lab.run("exec", node, "bgp:reset --soft node1").toString();
      lab.run("exec", node, "bgp:reset --soft node2").toString();
    }
    awaitSynced();
    assertEquals(before, flaps("node2"));

    apply(FILTER.formatted(""));
    Lab.await(
        "the sessions are unsigned",
        () -> lab.rows("node2", "bgp:peer node1").toString().contains("\"none\""));
    awaitSynced();
  }

  private static void secret(String node, String text) throws IOException {
    Path folder = Files.createDirectories(lab.nodeState(node).resolve("secrets/bgp"));
    Files.writeString(folder.resolve("reflectors"), text);
  }
}
