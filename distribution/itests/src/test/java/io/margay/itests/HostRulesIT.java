// SPDX-License-Identifier: Apache-2.0
package io.margay.itests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import io.margay.itests.Shell.Result;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What a node lets through: nodes with VXLAN pools that hide their pods towards the outside. */
class HostRulesIT {
  private static final String NODE = "node1";
  private static final String POOL =
      """
      apiVersion: projectcalico.org/v3
      kind: IPPool
      metadata:
        name: %s
      spec:
        cidr: %s
        vxlanMode: Always
        natOutgoing: true
      ---
      """;

  private static Lab lab;
  private static NodeKernel kernel;
  private static Pod pod;
  private static Pod far;
  private static List<String> podAddresses;
  private static List<String> farAddresses;

  @BeforeAll
  static void twoNodesWithAPodEach() throws IOException {
    lab = Lab.up(2, "46");
    kernel = lab.kernel(NODE);
    for (JsonObject pool : lab.documents(NODE, "ippool")) {
      String name = pool.getAsJsonObject("metadata").get("name").getAsString();
      String cidr = pool.getAsJsonObject("spec").get("cidr").getAsString();
      lab.client(NODE, POOL.formatted(name, cidr), "apply", "-f", "-").orFail();
    }
    pod = lab.pod(NODE);
    far = lab.pod("node2");
    podAddresses = pod.add();
    farAddresses = far.add();
    for (String address : farAddresses) {
      Lab.await("the pods reach each other by a tunnel", () -> pod.reaches(address));
    }
    Lab.await(
        "the rules know the tunnel",
        () -> rules().contains("th dport 4789 meta l4proto udp goto tunnel"));
  }

  @AfterAll
  static void down() throws IOException {
    if (lab != null) {
      lab.close();
    }
  }

  @Test
  void podsGoOutWithTheirNodesAddressAndMeetWithTheirOwn() {
    for (int family = 0; family < 2; family++) {
      String icmp = family == 0 ? "icmp" : "icmpv6";
      String ip = family == 0 ? "ip" : "ip6";
      String node = addresses(lab.netns(NODE), family);
      String outside = addresses(lab.netns("outside"), family);
      countPings(lab.netns("outside"), ip + " saddr " + node + " " + icmp);
      countPings(far.netns(), ip + " saddr " + podAddresses.get(family) + " " + icmp);

      assertTrue(pod.reaches(outside), outside);
      assertTrue(pod.reaches(farAddresses.get(family)), farAddresses.get(family));

      assertEquals(1, pings(lab.netns("outside")), "with the address of the node");
      assertEquals(1, pings(far.netns()), "with the address of the pod");
    }
  }

  @Test
  void tunnelPacketsFromAnUnknownNodeAreDropped() {
    for (int family = 0; family < 2; family++) {
      String node = addresses(lab.netns(NODE), family);
      long before = dropped("unknown-node");

      sendUdp(lab.netns("outside"), node, 4789);

      Lab.await("counted", () -> dropped("unknown-node") == before + 1);
      assertTrue(pod.reaches(farAddresses.get(family)), "those of nodes are not");
      assertEquals(before + 1, dropped("unknown-node"));
    }
  }

  @Test
  void packetsFromAddressesOfOthersAreDropped() {
    inside(pod.netns(), "ip address add 10.99.99.99/32 dev lo").orFail();
    inside(pod.netns(), "ip address add fd99::99/128 dev lo nodad").orFail();
    List<String> spoofed = List.of("10.99.99.99", "fd99::99");
    for (int family = 0; family < 2; family++) {
      long before = dropped("spoofed");
      String ping = "ping -nqc1 -W1 -I " + spoofed.get(family) + " " + farAddresses.get(family);

      Result result = inside(pod.netns(), ping);

      assertTrue(result.output().contains("100% packet loss"), result.output());
      assertEquals(before + 1, dropped("spoofed"));
      assertTrue(pod.reaches(farAddresses.get(family)), "its own are not");
    }
  }

  @Test
  void tunnelPacketsOfAPodAreDropped() {
    for (int family = 0; family < 2; family++) {
      long before = dropped("tunnelled-by-pod");

      sendUdp(pod.netns(), addresses(lab.netns("node2"), family), 4789);

      Lab.await("counted", () -> dropped("tunnelled-by-pod") == before + 1);
    }
  }

  @Test
  void aPodIsElementsOfSetsAndARestartIsNothing() throws IOException {
    try (RuleMonitor monitor = new RuleMonitor(kernel)) {
      Pod another = lab.pod(NODE);
      List<String> addresses = another.add();
      List<String> added = monitor.takeChanges();
      another.del();
      List<String> deleted = monitor.takeChanges();
      lab.stop(NODE);
      lab.start(NODE);
      List<String> restarted = monitor.takeChanges();

      assertEquals(3, added.size(), added.toString());
      assertTrue(
          added.stream().allMatch(l -> l.startsWith("add element inet margay ")), "" + added);
      for (String address : addresses) {
        assertEquals(1, added.stream().filter(l -> l.contains(address + " }")).count(), "" + added);
      }
      assertEquals(
          added.stream().map(l -> l.replaceFirst("add", "delete")).sorted().toList(),
          deleted.stream().sorted().toList());
      assertEquals(List.of(), restarted);
    }
  }

  @Test
  void strictReversePathFiltersAreHandedFromAllToOtherLinks() {
    String node = lab.netns("node2");
    lab.stop("node2");
    inside(node, "sysctl -q -w net.ipv4.conf.all.rp_filter=1").orFail();
    inside(node, "ip link add other type veth peer name beside").orFail();
    try {
      lab.start("node2");

      Lab.await("off for all", () -> rpFilter(node, "all").equals("0"));
      assertEquals("2", rpFilter(node, "eth0"));
      assertEquals("2", rpFilter(node, "vxlan.calico"));
      assertEquals("1", rpFilter(node, "other"));
      assertTrue(pod.reaches(farAddresses.get(0)));
    } finally {
      inside(node, "ip link delete other");
    }
  }

  @Test
  void aFirewallThatDropsForwardedPacketsIsNamed() {
    kernel.nft("add", "table", "ip", "filter");
    String hook = "{ type filter hook forward priority 0; policy drop; }";
    kernel.nft("add", "chain", "ip", "filter", "FORWARD", hook);
    try {
      Lab.await("named", () -> forwarding().contains("chain FORWARD of table ip filter"));
      assertFalse(pod.reaches(farAddresses.get(0)));
    } finally {
      kernel.nft("delete", "table", "ip", "filter");
    }
    Lab.await("well again", () -> forwarding().isEmpty());
  }

  private static String forwarding() {
    return lab.health(NODE, "forwarding").map(h -> h.get("detail").getAsString()).orElse("none");
  }

  private static String rpFilter(String netns, String link) {
    return inside(netns, "sysctl -n net/ipv4/conf/" + link + "/rp_filter").orFail().strip();
  }

  private static String rules() {
    return kernel.nft("-s", "list", "ruleset");
  }

  private static long dropped(String counter) {
    return lab.rows(NODE, "host:counters").stream()
        .filter(row -> row.get("dropped").getAsString().equals(counter))
        .mapToLong(row -> row.get("packets").getAsLong())
        .findFirst()
        .orElseThrow();
  }

  /** The global address of eth0 in a namespace; family 0 is IPv4, 1 is IPv6. */
  private static String addresses(String netns, int family) {
    String option = family == 0 ? "-4" : "-6";
    return inside(netns, "ip " + option + " -br address show dev eth0 scope global")
        .orFail()
        .split("\\s+")[2]
        .replaceAll("/.*", "");
  }

  private static void sendUdp(String netns, String address, int port) {
    inside(netns, "bash -c 'echo hello > /dev/udp/" + address + "/" + port + "'").orFail();
  }

  /** From now on {@link #pings} counts the echo requests that match. */
  private static void countPings(String netns, String match) {
    NodeKernel there = new NodeKernel(netns);
    there.nft("add", "table", "inet", "count");
    there.nft("delete", "table", "inet", "count");
    there.nft("add", "table", "inet", "count");
    there.nft("add", "counter", "inet", "count", "pings");
    there.nft("add", "chain", "inet", "count", "input", "{ type filter hook input priority 0; }");
    there.nft(
        "add", "rule", "inet", "count", "input", match + " type echo-request counter name pings");
  }

  private static long pings(String netns) {
    String text = new NodeKernel(netns).nft("list", "counter", "inet", "count", "pings");
    return Long.parseLong(text.replaceAll("(?s).*packets (\\d+).*", "$1"));
  }

  private static Result inside(String netns, String command) {
    return Shell.run("bash", "-c", "nsenter --net=/run/netns/" + netns + " " + command);
  }
}
