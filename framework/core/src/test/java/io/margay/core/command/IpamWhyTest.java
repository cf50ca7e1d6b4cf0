// SPDX-License-Identifier: Apache-2.0
package io.margay.core.command;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.margay.api.console.CommandException;
import io.margay.api.net.Cidr;
import io.margay.api.net.InterfaceAddress;
import io.margay.api.net.Ip;
import io.margay.api.net.IpFamily;
import io.margay.api.resource.Allocation;
import io.margay.api.resource.IpPool;
import io.margay.api.resource.IpReservation;
import io.margay.api.resource.IpamBlock;
import io.margay.api.resource.IpamConfiguration;
import io.margay.api.resource.Namespace;
import io.margay.api.resource.Node;
import io.margay.api.resource.NodeAnswer;
import io.margay.api.resource.NodeQuery;
import io.margay.api.resource.Resource;
import io.margay.api.resource.WorkloadEndpoint;
import io.margay.api.store.Expected;
import io.margay.api.store.Filter;
import io.margay.api.store.StoreException;
import io.margay.api.store.Watcher;
import io.margay.core.query.KernelRoute;
import io.margay.testkit.FakeStore;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class IpamWhyTest {
  private static final Instant NOW = Instant.parse("2026-01-31T12:00:00Z");
  private static final Cidr BLOCK = Cidr.parse("10.65.0.0/29");

  private final FakeStore store = new FakeStore(Runnable::run);

  @BeforeEach
  void aClusterOfTwo() throws Exception {
    put(IpPool.of("blue", Cidr.parse("10.65.0.0/24"), 29));
    put(node("n1", "172.30.0.1").withLabels(Map.of("zone", "a")));
    put(node("n2", "172.30.0.2"));
    store.watch(NodeQuery.KIND, Filter.ALL, this::answer);
  }

  /** Node n1 has a route, and n2 an agent that does not know the question. */
  private void answer(Watcher.Event event) {
    if (event instanceof Watcher.Put put) {
      String query = put.entry().key().name();
      KernelRoute route =
          new KernelRoute(Optional.of("10.65.0.0/29 dev cali1"), Optional.of("cali1"), false, true);
      put(NodeAnswer.of(query, "n1", route.toMap()));
      put(NodeAnswer.failed(query, "n2", "cannot answer route-to"));
    }
  }

  @Test
  void tellsAllOfAPodsAddress() throws Exception {
    holding(
        BLOCK.address(7),
        "net.c1",
        Map.of(
            "node",
            "n1",
            "pod",
            "web",
            "namespace",
            "shop",
            "timestamp",
            "2026-01-31 11:58:00.123 +0000 UTC m=+0.5"));
    put(
        WorkloadEndpoint.ofPod("shop", "n1", "web", "eth0", "cali1")
            .withIpNetworks(List.of(Cidr.host(BLOCK.address(7)))));

    assertEquals(
        """
        10.65.0.7 is held by pod shop/web on n1
          since     2026-01-31T11:58:00Z (2m)
          handle    net.c1
          endpoint  n1-k8s-web-eth0, interface cali1
          block     10.65.0.0/29 of n1, 1 of 8 in use
          pool      blue (10.65.0.0/24), mode direct
          why blue  its nodeSelector all() selects n1, and no pool that may serve it comes before
        routes
          n1  10.65.0.0/29 dev cali1
          n2  cannot answer route-to\
        """,
        why("10.65.0.7"));
  }

  @Test
  void tellsOfATunnelAndOfALeakAndOfBorrowing() throws Exception {
    holding(
        BLOCK.address(0),
        "vxlan-tunnel-addr-n1",
        Map.of("node", "n1", "type", "vxlanTunnelAddress"));
    assertEquals(
        """
        10.65.0.0 is held by the vxlan tunnel of n1
          handle    vxlan-tunnel-addr-n1
          block     10.65.0.0/29 of n1, 1 of 8 in use
          pool      blue (10.65.0.0/24), mode direct
          why blue  its nodeSelector all() selects n1, its allowedUses contain Tunnel, and no pool that may serve it comes before\
        """,
        facts("10.65.0.0"));

    holding(BLOCK.address(1), "net.c2", Map.of("node", "n2", "container", "c2"));
    assertEquals(
        """
        10.65.0.1 is held by container c2 on n2
          handle    net.c2
          endpoint  none: a leak, unless its pod is just being made or removed
          block     10.65.0.0/29 of n1, 1 of 8 in use
          borrowed  used on n2, the block is n1's
          pool      blue (10.65.0.0/24), mode direct
          why blue  its nodeSelector all() selects n2, and no pool that may serve it comes before\
        """,
        facts("10.65.0.1"));
  }

  @Test
  void tellsOfAddressesThatNobodyHas() throws Exception {
    assertEquals(
        """
        10.65.0.9 is free: no node has claimed its block yet
          block  10.65.0.8/29, claimed by nobody
          pool   blue (10.65.0.0/24), mode direct\
        """,
        facts("10.65.0.9"));

    put(IpamBlock.claimedBy("gone", BLOCK, NOW));
    assertEquals(
        """
        10.65.0.3 is free, number 4 of 8 to be given out in its block
          block  10.65.0.0/29 of gone, which is gone, 0 of 8 in use
          pool   blue (10.65.0.0/24), mode direct\
        """,
        facts("10.65.0.3"));

    byte[] reservation =
        """
        {"apiVersion":"projectcalico.org/v3","kind":"IPReservation","metadata":{"name":"gw"},
         "spec":{"reservedCIDRs":["10.65.0.2/31"]}}\
        """
            .getBytes(StandardCharsets.UTF_8);
    put(IpReservation.parse(reservation));
    assertEquals(
        """
        10.65.0.3 is reserved: only who asks for it gets it; nobody has
          block     10.65.0.0/29 of gone, which is gone, 0 of 8 in use
          pool      blue (10.65.0.0/24), mode direct
          reserved  by IPReservation gw (10.65.0.2/31)\
        """,
        facts("10.65.0.3"));
  }

  @Test
  void tellsHowLongAnAddressCoolsDown() throws Exception {
    put(IpamConfiguration.DEFAULT.withSpec(Map.of("ipCooldownSeconds", 60L)));
    put(
        IpamBlock.claimedBy("n1", BLOCK, NOW)
            .withAssigned(List.of(BLOCK.address(1), BLOCK.address(2)), Allocation.of("h", Map.of()))
            .withCooling(List.of(BLOCK.address(1)), NOW.minusSeconds(20))
            .withCooling(List.of(BLOCK.address(2)), NOW.minusSeconds(70)));

    assertEquals(
        """
        10.65.0.1 cools down: it may be given out again in 40 s
          released  2026-01-31T11:59:40Z
          block     10.65.0.0/29 of n1, 2 of 8 in use
          pool      blue (10.65.0.0/24), mode direct\
        """,
        facts("10.65.0.1"));
    assertEquals(
        "10.65.0.2 cools down: its time is over, the next assignment in its block frees it",
        facts("10.65.0.2").lines().findFirst().orElseThrow());
  }

  @Test
  void tellsOfForeignAddresses() throws Exception {
    assertEquals("172.30.0.2 is the address of node n2, and in no pool", facts("172.30.0.2"));
    assertEquals(
        """
        192.0.2.1 is in no pool: Margay neither assigns nor routes it
          pools  blue 10.65.0.0/24\
        """,
        facts("192.0.2.1"));
  }

  @Test
  void tellsWhyThisPool() throws Exception {
    put(IpPool.of("amber", Cidr.parse("10.64.0.0/24")));
    holding(BLOCK.address(1), "h", Map.of("node", "n1", "pod", "p"));
    assertEquals(
        "why blue its nodeSelector all() selects n1; amber comes before it: that was full, or"
            + " this was asked for",
        reason());

    put(blue().withAssignmentMode(IpPool.AssignmentMode.MANUAL));
    assertEquals(
        "why blue the pod or its network configuration asked for it, or the rules have changed"
            + " since: its assignmentMode is Manual",
        reason());

    put(blue().withNodeSelector("zone == \"b\""));
    assertEquals(
        "why blue the pod or its network configuration asked for it, or the rules have changed"
            + " since: its nodeSelector zone == \"b\" does not select n1",
        reason());

    holding(BLOCK.address(1), "h", Map.of("node", "n9", "pod", "p"));
    assertEquals("why blue not known any more: node n9 is gone", reason());
  }

  @Test
  void tellsWhoAskedForThePool() throws Exception {
    holding(BLOCK.address(7), "net.c1", Map.of("node", "n1", "pod", "web", "namespace", "shop"));
    WorkloadEndpoint endpoint =
        WorkloadEndpoint.ofPod("shop", "n1", "web", "eth0", "cali1")
            .withIpNetworks(List.of(Cidr.host(BLOCK.address(7))));
    String asked = WorkloadEndpoint.POOLS_ASKED_ANNOTATION;

    put(endpoint.withAnnotation(asked, Optional.of("blue by ipam.ipv4_pools")));
    assertTrue(why("10.65.0.7").contains("why blue  asked for: blue by ipam.ipv4_pools\n"));

    put(endpoint.withAnnotation(asked, Optional.of("six by ipam.ipv6_pools")));
    assertTrue(why("10.65.0.7").contains("why blue  its nodeSelector all() selects n1"));
  }

  @Test
  void tellsWhatTheNamespaceHasToDoWithIt() throws Exception {
    put(
        blue()
            .withSpec(
                Map.of("namespaceSelector", "team == \"a\"", "allowedUses", List.of("Workload"))));
    put(Namespace.of("shop").withLabels(Map.of("team", "a")));
    holding(BLOCK.address(1), "h", Map.of("node", "n1", "pod", "p", "namespace", "shop"));
    assertEquals(
        "why blue its nodeSelector all() selects n1, its namespaceSelector team == \"a\" selects"
            + " namespace shop, and no pool that may serve it comes before",
        reason());

    Map<String, String> ask = Map.of("cni.projectcalico.org/ipv4pools", "[\"blue\"]");
    put(Namespace.of("shop").withAnnotations(ask));
    assertEquals("why blue namespace shop asks for it by annotation", reason());

    put(Namespace.of("shop"));
    assertEquals(
        "why blue the pod or its network configuration asked for it, or the rules have changed"
            + " since: its namespaceSelector team == \"a\" does not select namespace shop",
        reason());
  }

  @Test
  void namesNodesThatDoNotAnswer() throws Exception {
    put(node("n3", "172.30.0.3"));

    String text = why("10.65.0.9");

    assertEquals(
        "  n3  does not answer: does its agent run?",
        text.lines().reduce((a, b) -> b).orElseThrow());
  }

  @Test
  void refusesWhatIsNoAddress() {
    CommandException refusal = assertThrows(CommandException.class, () -> why("10.65.0"));

    assertEquals(2, refusal.exitCode());
  }

  private String reason() throws Exception {
    return facts("10.65.0.1")
        .lines()
        .map(String::strip)
        .filter(line -> line.startsWith("why"))
        .findFirst()
        .orElseThrow()
        .replaceAll(" +", " ");
  }

  private String facts(String address) throws Exception {
    return why(address).replaceFirst("(?s)\nroutes\n.*", "");
  }

  private String why(String address) throws Exception {
    TestOutput told = new TestOutput();
    new IpamWhy(store, "n1", Clock.fixed(NOW, ZoneOffset.UTC), Duration.ofMillis(50))
        .run(new TestInvocation(Map.of("address", address)), told);
    return told.text();
  }

  private static IpPool blue() {
    return IpPool.of("blue", Cidr.parse("10.65.0.0/24"), 29);
  }

  private void holding(InetAddress address, String handle, Map<String, String> attributes) {
    put(
        IpamBlock.claimedBy("n1", BLOCK, NOW)
            .withAssigned(List.of(address), Allocation.of(handle, attributes)));
  }

  private static Node node(String name, String address) {
    return Node.of(name)
        .withAddress(IpFamily.IPV4, Optional.of(new InterfaceAddress(Ip.parse(address), 24)));
  }

  private void put(Resource resource) {
    try {
      store.put(resource.key(), resource.toJson(), Expected.ANY);
    } catch (StoreException e) {
      throw new AssertionError(e);
    }
  }
}
