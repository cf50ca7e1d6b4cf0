// SPDX-License-Identifier: Apache-2.0
package io.margay.itests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.margay.itests.swap.BundleJar;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The flight recorder of two nodes, and the archive for those who are to help. */
class JournalIT {
  private static final String NODE = "node1";
  private static final String POOL = "default-ipv4-ippool";

  /** Of a peer, and as the name of a pod: so it gets into the log and everywhere. */
  private static final String OF_PEER = "planted-of-peer";

  private static final String OF_CONFIG = "planted-of-config";

  private static Lab lab;
  private static Path folder;

  @BeforeAll
  static void twoNodes() throws IOException {
    lab = Lab.up("--nodes", "2", "--families", "4"); // With settings of its own.
    folder = Files.createTempDirectory("margay-journal");
    lab.run("pod", "add", NODE, "first").orFail();
    lab.run("pod", "add", "node2", "far").orFail();
    Lab.await("the route to the other node", () -> !routeToNode2().isEmpty());
  }

  @AfterAll
  static void down() throws IOException {
    if (lab != null) {
      lab.close();
      Shell.run("rm", "-rf", folder.toString()).orFail();
    }
  }

  @Test
  void namesTheCauseOfEachChange() {
    assertFalse(rows("--cause start --since 1h").isEmpty(), "the agent's start");

    List<JsonObject> added = rows("--since 1h --pod first");
    assertTrue(has(added, "change", "+ route"), () -> "" + added);
    assertTrue(has(added, "why", "CNI ADD"), () -> "" + added);

    lab.client(NODE, "", "exec", "pool:create extra --cidr 10.99.0.0/16 --nat-outgoing").orFail();
    await(
        "--cause operator",
        row ->
            text(row, "why").contains("IPPool/extra@")
                && text(row, "why").contains(" by root: pool:create extra"));

    List<JsonObject> far = rows("--node node2 --pod far");
    assertTrue(has(far, "change", "+ route"), () -> "" + far);

    String route = routeToNode2();
    lab.client(NODE, "", "exec", "mode:switch " + POOL + " vxlan").orFail();
    await(
        "--cause switch --object " + route,
        row ->
            text(row, "change").startsWith("~")
                && text(row, "why").contains("by root: mode:switch"));

    Shell.run("ip", "-n", lab.netns(NODE), "route", "del", route).orFail();
    await("--cause foreign", row -> text(row, "change").startsWith("- route " + route));
    await("--cause repair", row -> text(row, "change").startsWith("+ route " + route));
  }

  @Test
  void outlivesAKillAndASwap() throws Exception {
    Path jar =
        BundleJar.of(lab.home(), "dataplane").version("1.77.0").write(folder.resolve("new.jar"));
    lab.client(NODE, "", "exec", "bundle:swap --bake 0 io.margay.dataplane " + jar).orFail();
    await("--cause swap", row -> text(row, "change").contains("the dataplane 1.77.0 starts"));

    lab.run("pod", "add", NODE, "last").orFail();
    lab.kill(NODE);

    assertTrue(journal().stream().anyMatch(line -> line.contains("\"pod\":\"default/last\"")));
    lab.start(NODE);
    await("--since 1h --cause start", row -> text(row, "change").contains("1.77.0 starts"));
    long number = 1;
    for (String line : journal()) {
      JsonObject entry = JsonParser.parseString(line).getAsJsonObject();
      assertEquals(number++, entry.get("n").getAsLong(), line);
    }
  }

  @Test
  void tellsWhatDiffersBetweenThenAndNow() {
    Instant then = Instant.now();
    lab.run("pod", "add", NODE, "passing").orFail();
    lab.run("pod", "add", NODE, "staying").orFail();
    String route = routeToNode2();
    Shell.run("ip", "-n", lab.netns(NODE), "route", "del", route).orFail();
    await(
        "--since " + then + " --cause repair",
        row -> text(row, "change").startsWith("+ route " + route));
    lab.run("pod", "del", "passing").orFail();

    List<JsonObject> diff = lab.rows(NODE, "net:diff --since " + then);

    assertTrue(has(diff, "pod", "default/staying"), () -> "" + diff);
    assertFalse(has(diff, "pod", "default/passing"), () -> "" + diff);
    assertFalse(has(diff, "change", route), () -> "" + diff);
  }

  @Test
  void writesAnArchiveWithoutSecrets() throws IOException {
    for (String node : List.of(NODE, "node2")) {
      Path secrets = Files.createDirectories(lab.nodeState(node).resolve("secrets/bgp"));
      Files.writeString(secrets.resolve("peer"), OF_PEER + "\n");
    }
    Files.writeString(lab.settings("io.margay.vendor.cfg"), "apiToken = " + OF_CONFIG + "\n");
    lab.client(
            NODE,
            """
            {"apiVersion": "projectcalico.org/v3", "kind": "BGPPeer",
             "metadata": {"name": "locked"},
             "spec": {"peerIP": "192.0.2.99", "asNumber": 64999,
                      "password": {"secretKeyRef": {"name": "bgp", "key": "peer"}}}}
            """,
            "apply",
            "-f",
            "-")
        .orFail();
    lab.run("pod", "add", NODE, OF_PEER).orFail();

    Path archive = folder.resolve("both.tar.gz");
    try {
      support("-o", archive.toString());
    } finally {
      Files.delete(lab.settings("io.margay.vendor.cfg")); // No bundle takes it.
    }

    assertEquals(
        "rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(archive)));
    String all = unpacked(archive);
    assertFalse(all.contains("planted"), () -> lineWith(all, "planted"));
    assertTrue(all.contains("pod=default/***"), "the log is there");
    for (String file : List.of("agent", "kernel", "journal", "health", "pool-list", "log-tail")) {
      for (String node : List.of(NODE, "node2")) {
        assertTrue(all.contains("/" + node + "/" + file + ".txt"), node + " " + file);
      }
    }
  }

  @Test
  void saysWhoDoesNotAnswerAndWorksWithoutAnAgent() throws IOException {
    lab.stop("node2");
    Path one = folder.resolve("one.tar.gz");
    Path none = folder.resolve("none.tar.gz");

    support("-o", one.toString(), "--wait", "1");
    Shell.run(
            lab.home().resolve("bin/margay").toString(),
            "support",
            "-o",
            none.toString(),
            "--state",
            lab.nodeState("node2").toString())
        .orFail();
    lab.start("node2");

    assertTrue(unpacked(one).contains("node2: does not answer"));
    assertTrue(unpacked(none).contains("\"kind\":\"start\""), "the journal's own file");
  }

  private static void support(String... options) {
    List<String> command =
        new ArrayList<>(List.of(lab.home().resolve("bin/margay").toString(), "support"));
    command.addAll(List.of("--state", lab.nodeState(NODE).toString()));
    command.addAll(List.of(options));
    Shell.run(command.toArray(String[]::new)).orFail();
  }

  /** Names and contents of all files. */
  private static String unpacked(Path archive) {
    return Shell.run("tar", "-tzf", archive.toString()).orFail()
        + Shell.run("tar", "-xzOf", archive.toString()).orFail();
  }

  private static String lineWith(String text, String word) {
    return text.lines().filter(line -> line.contains(word)).findFirst().orElseThrow();
  }

  private static List<String> journal() throws IOException {
    return Files.readAllLines(lab.nodeState(NODE).resolve("journal/000001.jsonl"));
  }

  /** The block of the other node, while there is a route to it. */
  private static String routeToNode2() {
    return Shell.run("ip", "-n", lab.netns(NODE), "route", "show", "proto", "80")
        .orFail()
        .lines()
        .filter(line -> line.contains("/26 via "))
        .map(line -> line.split(" ")[0])
        .findFirst()
        .orElse("");
  }

  private static List<JsonObject> rows(String options) {
    return lab.rows(NODE, "dataplane:journal " + options);
  }

  /** Waits for a record: the agent acts at once, but not before the command ends. */
  private static void await(String options, Predicate<JsonObject> wanted) {
    Lab.await(
        "a record " + options,
        () -> {
          Shell.Result result = lab.client(NODE, "", "exec", "dataplane:journal --json " + options);
          return result.exitCode() == 0
              && JsonParser.parseString(result.output()).getAsJsonArray().asList().stream()
                  .anyMatch(row -> wanted.test(row.getAsJsonObject()));
        });
  }

  private static boolean has(List<JsonObject> rows, String field, String part) {
    return rows.stream().anyMatch(row -> text(row, field).contains(part));
  }

  private static String text(JsonObject row, String field) {
    return row.get(field).getAsString();
  }
}
