// SPDX-License-Identifier: Apache-2.0
package io.margay.itests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A card that gets checksums wrong is found out, and tunnels do without it. */
class ChecksumIT {
  private static final String POOL = "default-ipv4-ippool";
  private static final List<String> NODES = List.of("node1", "node2");

  private static Lab lab;
  private static Process card;

  @BeforeAll
  static void twoNodesWithABrokenCardBetween() throws IOException {
    lab = Lab.up(2, "4");
    NODES.forEach(node -> lab.run("pod", "add", node, "of-" + node).orFail());
    NodeKernel network = lab.kernel("switch");
    network.ip("link", "set", "node2", "nomaster");
    network.ip("link", "add", "card", "type", "veth", "peer", "name", "slot");
    network.ip("link", "set", "slot", "master", bridge(network), "up");
    network.ip("link", "set", "card", "up");
    card = pass("node2", "card");
    Lab.await("pods ping each other", () -> lab.run("ping").exitCode() == 0);
  }

  @AfterAll
  static void down() throws Exception {
    if (card != null) {
      card.destroy();
      card.waitFor();
    }
    if (lab != null) {
      lab.close();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"vxlan", "ipip"})
  void theKernelComputesThemOnceTheCardIsFoundOut(String mode) throws Exception {
    lab.client("node1", "", "exec", "mode:switch " + POOL + " " + mode).orFail();

    for (String node : NODES) {
      String finding = mode + "/IPV4: the card's checksums were wrong, the kernel computes them";
      Lab.await(
          node + " says so: " + finding,
          () -> lab.client(node, "", "exec", "health").output().contains(finding));
    }
    String to = address("of-node2");
    try (TcpConnection tcp = TcpConnection.open(lab.netns("of-node1"), lab.netns("of-node2"), to)) {
      tcp.echo();
    }
  }

  private static String address(String pod) {
    return lab.kernel(pod).ip("-4", "-o", "address", "show", "eth0").split("inet |/")[1];
  }

  private static String bridge(NodeKernel network) {
    return network.ip("-o", "link", "show", "type", "bridge").split(":? ")[1];
  }

  /** Runs the card, with its program out of the resources. */
  private static Process pass(String one, String other) throws IOException {
    Path program = Files.createTempFile("margay-it", ".pl");
    try (InputStream source = ChecksumIT.class.getResourceAsStream("broken-card.pl")) {
      Files.write(program, source.readAllBytes());
    }
    Process process =
        new ProcessBuilder(
                "ip", "netns", "exec", lab.netns("switch"), "perl", program.toString(), one, other)
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    String line =
        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))
            .readLine();
    Files.delete(program);
    assertEquals("ready", line);
    assertTrue(process.isAlive());
    return process;
  }
}
