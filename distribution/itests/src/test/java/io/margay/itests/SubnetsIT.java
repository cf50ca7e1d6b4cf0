// SPDX-License-Identifier: Apache-2.0
package io.margay.itests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Pods of nodes in two subnets, whose router knows the blocks. */
class SubnetsIT {
  /** The whole pool is one block: who comes second borrows. */
  private static final String ONE_BLOCK =
      """
      apiVersion: projectcalico.org/v3
      kind: IPPool
      metadata:
        name: one-block
      spec:
        cidr: 10.77.0.0/29
        blockSize: 29
        nodeSelector: "!all()"
      """;

  private static Lab lab;

  @BeforeAll
  static void threeNodesInTwoSubnets() throws IOException {
    lab = Lab.up(3, "46", 2);
    for (String node : List.of("node1", "node2", "node3")) {
      lab.run("pod", "add", node, "of-" + node).orFail();
    }
  }

  @AfterAll
  static void down() throws IOException {
    if (lab != null) {
      lab.close();
      assertEquals(
          List.of(),
          Shell.run("ip", "netns", "list").lines().stream()
              .filter(line -> line.startsWith(lab.netns("")))
              .toList());
    }
  }

  @Test
  void everyPodReachesEveryPod() {
    Lab.await("no ping is missed", () -> lab.run("ping").exitCode() == 0);

    String matrix = lab.run("ping").orFail();

    assertTrue(matrix.contains("IPv4: 9 of 9 pings answered"), matrix);
    assertTrue(matrix.contains("IPv6: 9 of 9 pings answered"), matrix);
  }

  @Test
  void sendsToTheOtherSubnetByTheRouterOnly() {
    for (String family : List.of("-4", "-6")) {
      Lab.await("both blocks are routed", () -> blockRoutes(family).size() == 2);
      List<String> defaultRoute =
          lab.kernel("node1").ip(family, "route", "show", "default").lines().toList();
      String router = defaultRoute.get(0).split(" ")[2];

      List<String> gateways = blockRoutes(family).stream().map(r -> r.split(" ")[2]).toList();

      assertEquals(1, gateways.stream().filter(router::equals).count(), gateways.toString());
      assertEquals(2, gateways.stream().distinct().count(), gateways.toString());
    }
  }

  @Test
  void aBorrowedAddressIsReachedFromTheOtherSubnet() {
    lab.client("node1", ONE_BLOCK, "apply", "-f", "-").orFail();
    addFromOneBlock("node1", "lender");
    addFromOneBlock("node3", "borrower");

    Lab.await("no ping is missed", () -> lab.run("ping").exitCode() == 0);

    String routes = lab.run("routes").orFail();
    assertTrue(routes.matches("(?s).*\\b10\\.77\\.0\\.0/29 via 172\\.30\\.\\d+\\.1\n.*"), routes);
    assertTrue(routes.matches("(?s).*\\b10\\.77\\.0\\.\\d via 172\\.31\\.\\d+\\.3\n.*"), routes);
    lab.run("pod", "del", "borrower").orFail();
    lab.run("pod", "del", "lender").orFail();
  }

  private static void addFromOneBlock(String node, String pod) {
    String pools = "cni.projectcalico.org/ipv4pools=[\"one-block\"]";
    lab.run("pod", "add", node, pod, "--annotation", pools).orFail();
  }

  /** Routes of node1 to the other nodes' blocks of the default pool. */
  private static List<String> blockRoutes(String family) {
    return lab.kernel("node1")
        .ip(family, "route", "show", "proto", "80")
        .lines()
        .filter(line -> line.contains(" via ") && !line.startsWith("10.77."))
        .toList();
  }
}
