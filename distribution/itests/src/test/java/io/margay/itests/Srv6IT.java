// SPDX-License-Identifier: Apache-2.0
package io.margay.itests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The example of a vendor's mode, built outside of our build and installed on running nodes. */
class Srv6IT {
  private static final String POOL = "default-ipv4-ippool";
  private static final String POOL6 = "default-ipv6-ippool";
  private static final List<String> NODES = List.of("node1", "node2");
  private static final int PPS = 3000;

  private static Lab lab;
  private static PoolModes modes;

  @BeforeAll
  static void twoNodesWithTheBundle() throws IOException {
    Lab.assumeRoot();
    Path bundle = VendorProject.bundle("srv6");
    lab = Lab.up(NODES.size(), "46");
    modes = new PoolModes(lab, "node1");
    for (String node : NODES) {
      lab.run("pod", "add", node, "on" + node).orFail();
      lab.client(node, "", "exec", "bundle:install " + bundle + " --bake 1s").orFail();
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
    modes.change(POOL, "direct");
    modes.change(POOL6, "direct");
    modes.awaitThere();
    for (String node : NODES) {
      Lab.await("no mode has a link", () -> !lab.kernel(node).ip("link").contains("alias mode/"));
    }
  }

  @Test
  void carriesPodsOfBothFamilies() {
    modes.change(POOL, "srv6");
    modes.change(POOL6, "srv6");

    lab.run("ping").orFail();
    NodeKernel kernel = lab.kernel("node1");
    for (String family : List.of("-4", "-6")) {
      String routes = kernel.ip(family, "route", "show", "proto", "80");
      assertTrue(routes.contains("encap seg6 mode encap segs 1 [ 5f00:"), routes);
    }
    String local = kernel.ip("-6", "route", "show", "table", "all");
    assertTrue(local.contains("encap seg6local action End.DX4 nh4 0.0.0.0 dev eth0"), local);
    assertTrue(local.contains("encap seg6local action End.DT6 table main dev eth0"), local);
    assertEquals(Set.of("srv6"), modes.sends(POOL));
    assertEquals(Set.of("srv6"), modes.sends(POOL6));
    assertEquals(List.of(), lab.rows("node1", "dataplane:drift"));
  }

  @ParameterizedTest
  @CsvSource({
    POOL + ",direct",
    POOL + ",ipip",
    POOL + ",vxlan",
    POOL + ",ipip/CrossSubnet",
    POOL6 + ",direct",
    POOL6 + ",vxlan"
  })
  void losesNothingToAndFromAStockMode(String pool, String mode) throws Exception {
    modes.change(pool, mode);
    modes.awaitThere();
    Loss.untilValid(
        () -> {
          try (Loss loss = Loss.in(lab, PPS)) {
            modes.change(pool, "srv6");
            modes.awaitThere();
            modes.change(pool, mode);
            modes.awaitThere();
            modes.change(pool, "srv6");
            loss.assertNone();
          }
        });
    assertEquals(Set.of("srv6"), modes.sends(pool));
  }

  @Test
  void anAgentThatStartsAgainChangesNothing() {
    modes.change(POOL, "srv6");
    modes.change(POOL6, "srv6");
    modes.awaitThere();
    NodeKernel kernel = lab.kernel("node1");
    List<String> before = kernel.state();

    lab.kill("node1");
    lab.start("node1");

    assertEquals(List.of(), kernel.changesSince(before));
    lab.run("ping").orFail();
  }

  @Test
  void onlyNodesGetPacketsIn() {
    modes.change(POOL, "srv6");
    modes.awaitThere();
    String sid = sid("node1", "IPV4");
    String node = address(lab.netns("node1"), "-6");
    String pod = address(lab.netns("onnode1"), "-4");
    NodeKernel outside = lab.kernel("outside");
    outside.ip("-6", "route", "add", sid, "via", node);
    outside.ip("route", "add", pod, "encap", "seg6", "mode", "encap", "segs", sid, "dev", "eth0");

    Shell.run("ip", "netns", "exec", lab.netns("outside"), "ping", "-nqc3", "-i.2", "-W1", pod);

    assertEquals(3, unknownNodes());
  }

  @Test
  void anAnnotationOfTheNodeSaysItsSegmentIds() {
    modes.command("node:annotate node1 margay.io/srv6.sids=2001:db8:5::/64").orFail();
    try {
      modes.change(POOL, "srv6");

      lab.run("ping").orFail();
      assertEquals("2001:db8:5::4", sid("node1", "IPV4"));
      String routes = lab.kernel("node2").ip("-4", "route", "show", "proto", "80");
      assertTrue(routes.contains("segs 1 [ 2001:db8:5::4 ]"), routes);

      modes.change(POOL, "direct");
      modes.awaitThere();
      modes.command("node:annotate node1 margay.io/srv6.sids=red").orFail();
      modes.command("mode:switch " + POOL + " srv6 --wait 0s").orFail();
      Lab.await("health says what is wrong", () -> health().contains("margay.io/srv6.sids: red"));
      lab.run("ping").orFail();
    } finally {
      modes.command("node:annotate node1 margay.io/srv6.sids-").orFail();
    }
    modes.awaitThere();
  }

  /** The largest packet of a pod fills the underlay's to the last byte. */
  @Test
  void podsMayUseAllThatTheUnderlayLeaves() throws Exception {
    allow(",\"annotations\":{\"margay.io/allowed-modes\":\"direct,srv6\"}");
    try {
      String pod = lab.netns("onnode1");
      Lab.await(
          "pods have the uplink's MTU less 64",
          () ->
              Stream.of("onnode1", "onnode2")
                  .allMatch(p -> lab.kernel(p).ip("link", "show", "eth0").contains("mtu 1436 ")));
      modes.change(POOL, "srv6");
      modes.change(POOL6, "srv6");
      assertEquals("1514|1436|1460", frame(pod, address(lab.netns("onnode2"), "-4"), 1408));
      assertEquals("1514||1460,1396", frame(pod, address(lab.netns("onnode2"), "-6"), 1388));
    } finally {
      allow("");
    }
  }

  /** Lengths of a ping on the underlay: of the frame, of an inner IPv4 packet, behind IPv6. */
  private static String frame(String pod, String address, int bytes) throws Exception {
    Process capture =
        Shell.start(
            Map.of(),
            ("nsenter --net=/run/netns/%s timeout 60 tshark -l -n -Q -i eth0 -c 1 -T fields"
                    + " -E separator=| -e frame.len -e ip.len -e ipv6.plen -f")
                .formatted(lab.netns("node1"))
                .concat(" ip6[6]=43&&len>=1500")
                .split(" "));
    String ping = "nsenter --net=/run/netns/%s ping -nqc1 -W1 -Mdo -s %d %s";
    Lab.await(
        "a full packet is seen and answered",
        () ->
            Shell.run(ping.formatted(pod, bytes, address).split(" ")).exitCode() == 0
                && !capture.isAlive());
    return Shell.end(capture).lines().stream().filter(l -> l.contains("|")).findFirst().orElse("");
  }

  private static void allow(String annotations) {
    String json =
        "{\"apiVersion\":\"projectcalico.org/v3\",\"kind\":\"FelixConfiguration\","
            + "\"metadata\":{\"name\":\"default\"%s},\"spec\":{}}";
    lab.client("node1", json.formatted(annotations), "apply", "-f", "-").orFail();
  }

  private static String health() {
    return lab.health("node1", "modes").map(JsonObject::toString).orElse("")
        + lab.health("node1", "tunnels").map(JsonObject::toString).orElse("");
  }

  private static String sid(String node, String family) {
    JsonObject metadata =
        lab.documents("node1", "node").stream()
            .map(d -> d.getAsJsonObject("metadata"))
            .filter(m -> m.get("name").getAsString().equals(node))
            .findFirst()
            .orElseThrow();
    String advertised =
        metadata.getAsJsonObject("annotations").get("margay.io/advertise.srv6").getAsString();
    return advertised.replaceAll(".*\"sid/" + family + "\":\"([^\"]*)\".*", "$1");
  }

  private static String address(String netns, String family) {
    return Shell.run(
            "ip", "-n", netns, "-o", family, "address", "show", "dev", "eth0", "scope", "global")
        .orFail()
        .strip()
        .split("\\s+")[3]
        .replaceAll("/.*", "");
  }

  private static int unknownNodes() {
    return lab.rows("node1", "host:counters").stream()
        .filter(r -> r.get("dropped").getAsString().equals("unknown-node"))
        .mapToInt(r -> r.get("packets").getAsInt())
        .sum();
  }
}
