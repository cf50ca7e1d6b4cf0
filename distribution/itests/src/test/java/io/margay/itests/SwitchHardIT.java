// SPDX-License-Identifier: Apache-2.0
package io.margay.itests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import io.margay.itests.Shell.Result;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Pools change their mode where every node tracks connections and drops those it does not know:
 * pods go outside by NAT, and a firewall of somebody else looks at states.
 */
class SwitchHardIT {
  private static final String POOL = "default-ipv4-ippool";
  private static final String POOL6 = "default-ipv6-ippool";
  private static final String SECOND = "second";
  private static final List<String> NODES = List.of("node1", "node2", "node3");
  private static final int PPS = 2000;
  private static final Duration LATE = Duration.ofMillis(300);

  private static final String SECOND_POOL =
      """
      apiVersion: projectcalico.org/v3
      kind: IPPool
      metadata:
        name: second
      spec:
        cidr: 10.77.0.0/24
        natOutgoing: true
      """;

  private static final String FIREWALL =
      """
      table inet foreign {
        chain input {
          type filter hook input priority filter
          ct state invalid drop
        }
        chain forward {
          type filter hook forward priority filter
          ct state established,related counter accept
          ct state invalid drop
          ct state new accept
        }
        chain output {
          type filter hook output priority filter
          ct state invalid drop
        }
      }
      """;

  private static final String VXLAN =
      """
      apiVersion: projectcalico.org/v3
      kind: FelixConfiguration
      metadata:
        name: default
      spec:
        vxlanVNI: %d
        vxlanPort: %d
      """;

  private static Lab lab;
  private static PoolModes modes;

  @BeforeAll
  static void up() throws IOException {
    lab = Lab.up(NODES.size(), "46");
    modes = new PoolModes(lab, "node1");
    for (JsonObject pool : lab.documents("node1", "ippool")) {
      pool.getAsJsonObject("spec").addProperty("natOutgoing", true);
      lab.client("node1", pool.toString(), "apply", "-f", "-").orFail();
    }
    lab.client("node1", SECOND_POOL, "apply", "-f", "-").orFail();
    for (String node : NODES) {
      lab.kernel(node).nft(FIREWALL);
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
    set(4096, 4789);
    modes.change(POOL, "direct");
    modes.change(POOL6, "direct");
    modes.change(SECOND, "direct");
    modes.awaitThere();
  }

  /** A connection from a node has the address of the tunnel that it was begun by. */
  @ParameterizedTest
  @CsvSource({"direct, ipip, vxlan", "ipip, vxlan, direct", "vxlan, direct, ipip"})
  void connectionsStayKnownToTheFirewalls(String first, String second, String third)
      throws Exception {
    Loss.untilValid(
        () -> {
          modes.change(POOL, first);
          modes.awaitThere();
          try (Loss loss = Loss.in(lab, PPS)) {
            modes.begin(POOL6, "vxlan");
            modes.change(POOL, second);
            modes.begin(POOL6, "direct");
            modes.change(POOL, third);
            modes.change(POOL, first);
            modes.awaitThere();
            loss.assertNone();
          }
        });
    assertEquals(NODES, NODES.stream().filter(SwitchHardIT::hasTracked).toList());
  }

  @Test
  void losesNothingWhenAnAgentIsLateAtEveryStep() throws Exception {
    Loss.untilValid(
        () -> {
          try (Loss loss = Loss.in(lab, PPS)) {
            for (String mode : List.of("ipip", "vxlan", "direct")) {
              CompletableFuture<Void> delay =
                  CompletableFuture.runAsync(() -> lab.delay("node2", LATE));
              modes.begin(POOL, mode);
              delay.join();
              Lab.await(
                  mode,
                  () -> {
                    lab.delay("node2", LATE);
                    return modes.areThere();
                  });
            }
            loss.assertNone();
          }
        });
  }

  @Test
  void waitsForTheBundleThatANodeLacksAndNamesIt(@TempDir Path directory) throws Exception {
    Path tree = treeWithout("io.margay.vxlan-", directory);
    Loss.untilValid(
        () -> {
          modes.change(POOL, "direct");
          lab.stop("node2");
          lab.startOf(tree, "node2");
          try (Loss loss = Loss.in(lab, PPS)) {
            Result result = modes.command("mode:switch " + POOL + " vxlan --wait 2s");

            String reason = "itself: no bundle provides the mode vxlan";
            assertNotEquals(0, result.exitCode());
            assertTrue(result.output().contains("node2 waits: " + reason), result.output());
            Lab.await("node2 says why", () -> modes.waits(POOL, "node2").contains(reason));
            Lab.await(
                "the others name it",
                () ->
                    modes.waits(POOL, "node1").contains("node2 has not taken up the pool's mode"));
            lab.kill("node2");
            lab.startOf(tree, "node2");
            lab.stop("node2");
            lab.start("node2");
            modes.awaitThere();
            loss.assertNone();
          }
          assertEquals(Set.of("vxlan/4096/4789"), modes.sends(POOL));
        });
  }

  @Test
  void changesTheIdentifierAndThePortOfVxlan() throws Exception {
    modes.change(POOL, "vxlan");
    modes.change(POOL6, "vxlan");
    Loss.untilValid(
        () -> {
          try (Loss loss = Loss.in(lab, PPS)) {
            changeWire(4097, 4789);
            changeWire(4097, 4790);
            changeWire(4096, 4789);
            loss.assertNone();
          }
        });
  }

  @Test
  void changesTheIdentifierAgainAndAgainBeforeALateAgentHasSeenIt() throws Exception {
    modes.change(POOL, "vxlan");
    Loss.untilValid(
        () -> {
          set(4096, 4789);
          modes.awaitWire(POOL, "vxlan/4096/4789");
          try (Loss loss = Loss.in(lab, PPS)) {
            for (int vni : List.of(4097, 4096, 4098, 4097)) {
              CompletableFuture<Void> delay =
                  CompletableFuture.runAsync(() -> lab.delay("node2", LATE));
              set(vni, 4789);
              delay.join();
            }
            modes.awaitWire(POOL, "vxlan/4097/4789");
            loss.assertNone();
          }
        });
  }

  /** Each finds the devices of the other's mode, one making them and one leaving them. */
  @Test
  void twoPoolsChangePlaces() throws Exception {
    String pools = "cni.projectcalico.org/ipv4pools=[\"" + SECOND + "\"]";
    // The first of its node by name, so that packets are counted between it and the others.
    lab.run("pod", "add", "node2", "a-second", "--annotation", pools).orFail();
    try {
      modes.change(SECOND, "vxlan");
      Loss.untilValid(
          () -> {
            try (Loss loss = Loss.in(lab, PPS)) {
              modes.begin(POOL, "vxlan");
              modes.begin(SECOND, "ipip");
              modes.awaitThere();
              modes.begin(POOL, "ipip");
              modes.begin(SECOND, "vxlan");
              modes.awaitThere();
              loss.assertNone();
            }
          });
      assertEquals(Set.of("ipip"), modes.sends(POOL));
      assertEquals(Set.of("vxlan/4096/4789"), modes.sends(SECOND));
    } finally {
      lab.run("pod", "del", "a-second").orFail();
    }
  }

  private static void changeWire(int vni, int port) {
    set(vni, port);
    modes.awaitWire(POOL, "vxlan/" + vni + "/" + port);
    Lab.await(
        "IPv6, too", () -> modes.sends(POOL6).equals(Set.of("vxlan/" + vni + "/" + port + "/v6")));
  }

  private static void set(int vni, int port) {
    lab.client("node1", VXLAN.formatted(vni, port), "apply", "-f", "-").orFail();
  }

  private static boolean hasTracked(String node) {
    return lab.kernel(node)
        .nft("list", "table", "inet", "foreign")
        .matches("(?s).*established,related counter packets [1-9].*");
  }

  /** The distribution as somebody installed it who left out a bundle. */
  private static Path treeWithout(String bundle, Path directory) throws IOException {
    Path tree = directory.resolve("margay");
    Shell.run("cp", "-a", Distribution.HOME.toString(), tree.toString()).orFail();
    Path list = tree.resolve("bundles.lock");
    List<String> left =
        Files.readAllLines(list).stream().filter(line -> !line.contains(bundle)).toList();
    Files.write(list, left);
    return tree;
  }
}
