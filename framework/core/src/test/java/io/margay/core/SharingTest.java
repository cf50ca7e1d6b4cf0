// SPDX-License-Identifier: Apache-2.0
package io.margay.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.margay.api.dataplane.ActualState.FibResult;
import io.margay.api.dataplane.ActualState.Interface;
import io.margay.api.dataplane.Address;
import io.margay.api.dataplane.NextHop;
import io.margay.api.net.Cidr;
import io.margay.api.net.InterfaceAddress;
import io.margay.api.net.Ip;
import io.margay.api.net.IpFamily;
import io.margay.api.resource.BgpConfiguration;
import io.margay.api.resource.BgpPeer;
import io.margay.api.resource.BlockAffinity;
import io.margay.api.resource.ClusterInformation;
import io.margay.api.resource.Encapsulation;
import io.margay.api.resource.IpPool;
import io.margay.api.resource.IpamBlock;
import io.margay.api.resource.Node;
import io.margay.api.resource.Resource;
import io.margay.api.resource.WorkloadEndpoint;
import io.margay.api.sharing.LearnedRoute;
import io.margay.api.store.Expected;
import io.margay.api.store.Key;
import io.margay.core.node.DetectionMethod;
import io.margay.core.sharing.Told;
import io.margay.testkit.FakeKernel;
import io.margay.testkit.FakeStore;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Route sharing with the agent around it: n1 at 192.0.2.1, n2 at .2, routers at .253 and .254. */
class SharingTest {
  private static final Cidr POOL = Cidr.parse("10.65.0.0/16");
  private static final Cidr OWN_BLOCK = Cidr.parse("10.65.0.0/26");
  private static final Cidr PEER_BLOCK = Cidr.parse("10.65.0.64/26");
  private static final String OUTSIDE = "203.0.113.0/24";

  private final ManualAgent agent = new ManualAgent();
  private final FakeStore store = new FakeStore(Runnable::run);
  private final TestSharing bgp = new TestSharing();
  private FakeKernel kernel = new FakeKernel();
  private Coordinator coordinator;

  @BeforeEach
  void cluster() throws Exception {
    kernel.putInterface(link(2, "eth0", true, "192.0.2.1"));
    kernel.putInterface(link(3, "eth1", true, "198.51.100.1"));
    for (String address : List.of("192.0.2.2", "192.0.2.3", "192.0.2.253", "192.0.2.254")) {
      way(address, "eth0", Optional.empty());
    }
    way("198.51.100.254", "eth1", Optional.empty());
    put(Node.of("n2").withAddress(IpFamily.IPV4, address("192.0.2.2/24")));
    put(Node.of("n3").withAddress(IpFamily.IPV4, address("192.0.2.3/24")));
    put(IpPool.of("pool", POOL));
    put(IpamBlock.claimedBy("n1", OWN_BLOCK, Instant.EPOCH));
    put(BlockAffinity.of("n1", OWN_BLOCK, BlockAffinity.State.CONFIRMED));
    put(IpamBlock.claimedBy("n2", PEER_BLOCK, Instant.EPOCH));
    coordinator = coordinator();
  }

  // --- what is shared ---

  @Test
  void sharesOwnBlocksAndPodsOutsideOfThem() throws Exception {
    put(BlockAffinity.of("n1", Cidr.parse("10.65.9.0/26"), BlockAffinity.State.PENDING));
    put(pod("c1", "10.65.0.1"));
    put(pod("c2", "10.65.0.70"));

    start();

    assertEquals(
        Set.of(OWN_BLOCK, Cidr.parse("10.65.0.70/32")), Set.copyOf(bgp.last().originated()));
    assertEquals("n1", bgp.last().self().name());
    assertEquals(3, bgp.last().nodes().size());
    assertEquals(Optional.empty(), bgp.last().configuration());
  }

  @Test
  void sharesAgainWhenAnInputChangesAndOnlyThen() throws Exception {
    start();
    int calls = bgp.views.size();

    put(IpamBlock.claimedBy("n2", Cidr.parse("10.65.0.128/26"), Instant.EPOCH));
    put(pod("c1", "10.65.0.1"));
    put(ClusterInformation.of("00"));
    pass();
    assertEquals(calls, bgp.views.size());

    putBgp(BgpConfiguration.KIND, "default", "{\"asNumber\": 65001, \"listenPort\": 1179}");
    pass();
    assertEquals(65001, bgp.last().configuration().orElseThrow().asNumber());
    putBgp(BgpConfiguration.KIND, "node.n1", "{\"listenPort\": 2179}");
    putBgp(BgpConfiguration.KIND, "node.n2", "{\"listenPort\": 3179}");
    pass();
    assertEquals(65001, bgp.last().configuration().orElseThrow().asNumber());
    assertEquals(2179, bgp.last().configuration().orElseThrow().listenPort());

    putBgp(BgpPeer.KIND, "tor", "{\"peerIP\": \"192.0.2.254\", \"asNumber\": 65000}");
    pass();
    assertEquals(1, bgp.last().peers().size());
    assertEquals(calls + 3, bgp.views.size());
  }

  @Test
  void sharesWithAServiceThatComesLater() {
    start();
    TestSharing next = new TestSharing();

    coordinator.bindSharing(8, next);
    pass();

    assertEquals(List.of(bgp.last()), next.views);
  }

  @Test
  void aServiceThatFailsEndsNothing() throws Exception {
    bgp.failure = new IllegalStateException("boom");

    start();

    assertTrue(healthText().contains("sharing DEGRADED bgp fails: "), this::healthText);
    assertTrue(kernelText().contains("route 10.65.0.64/26 via 192.0.2.2 dev eth0"));
  }

  @Test
  void aConfigurationThatDoesNotFitChangesNothing() throws Exception {
    putBgp(
        BgpConfiguration.KIND,
        "default",
        "{\"nodeMeshPassword\": {\"secretKeyRef\": {\"name\": \"a\", \"key\": \"b\"}}}");
    start();
    int calls = bgp.views.size();

    putBgp(BgpConfiguration.KIND, "node.n1", "{\"nodeToNodeMeshEnabled\": false}");
    pass();
    assertEquals(calls, bgp.views.size());
    assertTrue(healthText().contains("sharing DEGRADED"), this::healthText);
    assertTrue(healthText().contains("nodeMeshPassword"), this::healthText);

    putBgp(BgpConfiguration.KIND, "node.n1", "{\"listenPort\": 1179}");
    pass();
    assertEquals(calls + 1, bgp.views.size());
    assertFalse(healthText().contains("nodeMeshPassword"), this::healthText);
  }

  @Test
  void aChangeOfTheModeLeavesWhatWasLearned() throws Exception {
    TestMode ipip = new TestMode("ipip");
    coordinator.bindMode(2, ipip, ipip.info(), new ModeProvider(2, "test"));
    start();
    learned(true, route("10.65.0.64/26", "192.0.2.254"));

    put(IpPool.of("pool", POOL).withModes(Encapsulation.ALWAYS, Encapsulation.NEVER));
    pass();

    assertEquals("10.65.0.64/26 pool bgp via 192.0.2.254 dev eth0 ", sources());
    assertEquals(Encapsulation.ALWAYS, bgp.last().pools().iterator().next().ipipMode());
  }

  // --- pools ---

  @Test
  void takesLearnedNextHopsAndCarriesBlocksOfWhichNobodyTells() {
    start();
    assertEquals("10.65.0.64/26 pool store  no route sharing tells of it", sources());

    learned(true, route("10.65.0.64/26", "192.0.2.253", "192.0.2.254"));
    assertEquals(
        "route 10.65.0.64/26 nexthop via 192.0.2.253 dev eth0 weight 1"
            + " nexthop via 192.0.2.254 dev eth0 weight 1",
        routes());
    assertEquals(
        "10.65.0.64/26 pool bgp via 192.0.2.253 dev eth0, via 192.0.2.254 dev eth0 ", sources());

    learned(true);
    assertEquals("route 10.65.0.64/26 via 192.0.2.2 dev eth0", routes());
  }

  @Test
  void aNextHopThatIsTheOwnerChangesNoRoute() {
    start();
    kernel.clearWrites();

    learned(true, route("10.65.0.64/26", "192.0.2.2"));

    assertEquals(List.of(), kernel.writes());
    assertEquals("10.65.0.64/26 pool bgp via 192.0.2.2 dev eth0 ", sources());
  }

  @Test
  void believesTheStoreAboutWhoseABlockIs() {
    start();

    learned(true, route("10.65.0.64/26", "192.0.2.3"));

    assertEquals("route 10.65.0.64/26 via 192.0.2.2 dev eth0", routes());
    assertEquals("10.65.0.64/26 pool store  n3 claims it, and by the store n2 has it", sources());
  }

  @Test
  void sendsNothingToItself() {
    start();

    learned(true, route("10.65.0.70/32", "192.0.2.1"), route("10.65.0.64/26", "192.0.2.1"));

    assertEquals("route 10.65.0.64/26 via 192.0.2.2 dev eth0", routes());
    assertTrue(sources().contains("10.65.0.70/32 pool   a next hop is this node"), this::sources);
    assertTrue(healthText().contains("pools OK"), this::healthText);
  }

  @Test
  void routesWhatOnlySharingKnows() {
    start();

    learned(true, route("10.65.0.70/32", "192.0.2.3"), route("10.65.0.1/32", "192.0.2.3"));

    assertEquals(
        """
        route 10.65.0.64/26 via 192.0.2.2 dev eth0
        route 10.65.0.70/32 via 192.0.2.3 dev eth0\
        """,
        routes());
    assertTrue(
        sources().contains("10.65.0.1/32 pool   it lies in 10.65.0.0/26, which this node has"),
        this::sources);

    learned(true);
    assertEquals("route 10.65.0.64/26 via 192.0.2.2 dev eth0", routes());
  }

  @Test
  void aPoolMayHaveItsRoutesFromTheStoreAlone() throws Exception {
    put(
        IpPool.of("pool", POOL)
            .withAnnotation(IpPool.ROUTES_FROM_ANNOTATION, Optional.of("store")));
    start();

    learned(true, route("10.65.0.64/26", "192.0.2.254"));

    assertEquals("route 10.65.0.64/26 via 192.0.2.2 dev eth0", routes());
  }

  @Test
  void vxlanHasItsRoutesFromTheStoreUnlessThePoolSaysOtherwise() throws Exception {
    TestMode vxlan = new TestMode("vxlan");
    IpPool pool = IpPool.of("pool", POOL).withModes(Encapsulation.NEVER, Encapsulation.ALWAYS);
    put(pool);
    coordinator.bindMode(2, vxlan, vxlan.info(), new ModeProvider(2, "test"));
    start();
    learned(true, route("10.65.0.64/26", "192.0.2.254"));
    assertEquals("10.65.0.64/26 pool store  the pool has its routes from the store", sources());

    put(pool.withAnnotation(IpPool.ROUTES_FROM_ANNOTATION, Optional.of("bgp")));
    pass();

    assertEquals("10.65.0.64/26 pool bgp via 192.0.2.254 dev eth0 ", sources());
    assertEquals(
        List.of(NextHop.via(Ip.parse("192.0.2.254"), "eth0")),
        vxlan.lastView.destinations().iterator().next().learnedNextHops());
  }

  // --- outside of the pools ---

  @Test
  void routesToTheOutsideAndFollowsItsLinks() {
    start();

    learned(true, route(OUTSIDE, "192.0.2.254", "198.51.100.254"));
    assertTrue(
        routes()
            .contains(
                "route 203.0.113.0/24 nexthop via 192.0.2.254 dev eth0 weight 1"
                    + " nexthop via 198.51.100.254 dev eth1 weight 1 metric 2048"),
        this::routes);

    kernel.putInterface(link(3, "eth1", false, "198.51.100.1"));
    kernel.underlayChanged();
    pass();
    assertTrue(
        routes().contains("route 203.0.113.0/24 via 192.0.2.254 dev eth0 metric 2048"),
        this::routes);
    assertTrue(sources().contains("next hop via 198.51.100.254 cannot be reached"), this::sources);

    learned(true);
    assertFalse(routes().contains("203.0.113.0/24"));
  }

  @Test
  void findsTheWayToANextHopBehindARouter() {
    way("203.0.113.9", "eth0", Optional.of("192.0.2.254"));
    start();

    learned(true, route("10.200.0.0/16", "203.0.113.9"), route(OUTSIDE, "203.0.113.9"));

    assertTrue(
        routes().contains("route 10.200.0.0/16 via 192.0.2.254 dev eth0 metric 2048"),
        this::routes);
    assertFalse(routes().contains("203.0.113.0/24"), "it would lead to its own next hop");
  }

  @Test
  void takesADefaultRouteAndNothingThatWouldDoHarm() {
    start();

    learned(
        true,
        route("0.0.0.0/0", "192.0.2.254"),
        route("192.0.2.0/24", "192.0.2.254"),
        route("192.0.2.2/32", "192.0.2.254"),
        route("192.0.2.1/32", "192.0.2.254"),
        route("192.0.2.128/25", "192.0.2.254"),
        route("192.0.2.77/32", "192.0.2.254"),
        route("127.1.0.0/16", "192.0.2.254"),
        route("198.18.0.0/15", "192.0.2.1"));

    assertEquals(
        """
        route 0.0.0.0/0 via 192.0.2.254 dev eth0 metric 2048
        route 10.65.0.64/26 via 192.0.2.2 dev eth0
        route 192.0.2.77/32 via 192.0.2.254 dev eth0 metric 2048\
        """,
        routes());
  }

  // --- not in sync ---

  @Test
  void keepsWhatAServiceThatIsGoneHasToldUntilItIsInSyncAgain() {
    start();
    learned(true, route(OUTSIDE, "192.0.2.254"), route("10.65.0.64/26", "192.0.2.254"));
    String before = routes();
    kernel.clearWrites();

    coordinator.unbindSharing(7);
    pass();
    coordinator.bindSharing(8, bgp);
    pass();
    learned(false, route("10.200.0.0/16", "192.0.2.254"));

    assertTrue(healthText().contains("sharing DEGRADED not in sync: bgp"), this::healthText);
    assertEquals("route 10.200.0.0/16 via 192.0.2.254 dev eth0 metric 2048\n" + before, routes());
    assertEquals(1, kernel.writes().size());

    learned(true, route(OUTSIDE, "192.0.2.253"));
    assertEquals(
        """
        route 10.65.0.64/26 via 192.0.2.2 dev eth0
        route 203.0.113.0/24 via 192.0.2.253 dev eth0 metric 2048\
        """,
        routes());
    assertTrue(healthText().contains("sharing OK"), this::healthText);
  }

  @Test
  void oneOfTwoServicesOfANameMayGo() {
    start();
    learned(true, route(OUTSIDE, "192.0.2.254"));
    coordinator.bindSharing(8, new TestSharing());
    learned(false);
    learned(true, route(OUTSIDE, "192.0.2.254"));

    coordinator.unbindSharing(7);
    pass();

    assertEquals(List.of(), coordinator.routeSources().awaited());
  }

  @Test
  void aRestartedAgentKeepsTheRoutesThatItFindsUntilAllIsInSync() {
    start();
    learned(true, route(OUTSIDE, "192.0.2.254"), route("10.65.0.64/26", "192.0.2.254"));
    kernel.clearWrites();

    kernel = kernel.restarted();
    coordinator = coordinator();
    start();
    learned(false);
    assertEquals(List.of(), kernel.writes());
    assertTrue(sources().contains("10.65.0.64/26 pool kernel via 192.0.2.254"), this::sources);

    learned(true, route("10.65.0.64/26", "192.0.2.254"));
    assertEquals("route 10.65.0.64/26 via 192.0.2.254 dev eth0", routes());
  }

  @Test
  void keepsRoutesToTheOutsideAlsoWhenNobodyTellsOfThem() {
    start();
    learned(true, route(OUTSIDE, "192.0.2.254"));
    kernel.clearWrites();

    kernel = kernel.restarted();
    coordinator = coordinator();
    TestMode direct = new TestMode("direct");
    coordinator.bindMode(1, direct, direct.info(), new ModeProvider(1, "test"));
    coordinator.bindStore(store);
    coordinator.bindDataplane(kernel);
    agent.pass(Duration.ofSeconds(5));

    assertEquals(List.of(), kernel.writes());
  }

  @Test
  void forgetsOnDemandWhatIsOnlyKept() {
    start();
    learned(true, route(OUTSIDE, "192.0.2.254"), route("10.65.0.64/26", "192.0.2.254"));
    coordinator.unbindSharing(7);
    pass();
    assertTrue(routes().contains(OUTSIDE));

    coordinator.forget("bgp");
    pass();

    assertEquals("route 10.65.0.64/26 via 192.0.2.2 dev eth0", routes());
    assertEquals(List.of(), coordinator.routeSources().awaited());
  }

  @Test
  void aStaleRouteOfAnotherNodeIsNotKept() throws Exception {
    start();
    learned(true, route("10.65.0.64/26", "192.0.2.2"));
    store.delete(Key.of(IpamBlock.KIND, IpamBlock.nameOf(PEER_BLOCK)), Expected.ANY);
    put(IpamBlock.claimedBy("n3", PEER_BLOCK, Instant.EPOCH));

    kernel = kernel.restarted();
    coordinator = coordinator();
    start();

    assertEquals("route 10.65.0.64/26 via 192.0.2.3 dev eth0", routes());
  }

  private void start() {
    coordinator.bindSharing(7, bgp);
    TestMode direct = new TestMode("direct");
    coordinator.bindMode(1, direct, direct.info(), new ModeProvider(1, "test"));
    coordinator.bindStore(store);
    coordinator.bindDataplane(kernel);
    agent.pass(Duration.ofSeconds(5));
  }

  private void pass() {
    agent.pass(Duration.ofSeconds(5));
  }

  private void learned(boolean isInSync, LearnedRoute... routes) {
    coordinator.learned("bgp", () -> Optional.of(new Told(Arrays.asList(routes), isInSync)));
    pass();
  }

  private Coordinator coordinator() {
    AgentSettings settings =
        new AgentSettings(
            "n1",
            Map.of(
                IpFamily.IPV4, DetectionMethod.parse("first-found"),
                IpFamily.IPV6, DetectionMethod.parse("first-found")),
            List.of(),
            Duration.ofSeconds(2));
    return new Coordinator(
        settings, agent, agent.io(), new TestLinkSettings(), agent::planThread, view -> {});
  }

  /** Routes to other nodes and to the outside. */
  private String routes() {
    return kernelText()
        .lines()
        .filter(l -> l.startsWith("route ") && !l.contains("blackhole") && !l.contains("cali"))
        .collect(Collectors.joining("\n"));
  }

  private String kernelText() {
    return kernel.text();
  }

  private String sources() {
    return coordinator.routeSources().routeSources().stream()
        .map(
            s ->
                String.join(
                    " ",
                    s.destination().toString(),
                    s.pool().orElse(""),
                    s.source().orElse(""),
                    s.nextHops().stream().map(NextHop::toString).collect(Collectors.joining(", ")),
                    s.detail()))
        .collect(Collectors.joining("\n"));
  }

  private String healthText() {
    return coordinator.latest().health().stream()
        .map(h -> h.name() + " " + h.status() + " " + h.detail())
        .collect(Collectors.joining("\n"));
  }

  private void way(String address, String link, Optional<String> gateway) {
    kernel.putLookup(
        Ip.parse(address), new FibResult(link, gateway.map(Ip::parse), Optional.empty(), false));
  }

  private void put(Resource resource) throws Exception {
    store.put(resource.key(), resource.toJson(), Expected.ANY);
  }

  private void putBgp(String kind, String name, String spec) throws Exception {
    String json =
        "{\"apiVersion\": \"projectcalico.org/v3\", \"kind\": \"%s\","
            + " \"metadata\": {\"name\": \"%s\"}, \"spec\": %s}";
    store.put(
        Key.of(kind, name),
        json.formatted(kind, name, spec).getBytes(StandardCharsets.UTF_8),
        Expected.ANY);
  }

  private static LearnedRoute route(String destination, String... gateways) {
    List<NextHop> hops = Arrays.stream(gateways).map(g -> NextHop.via(Ip.parse(g))).toList();
    return new LearnedRoute(Cidr.parse(destination), hops, "bgp");
  }

  private static WorkloadEndpoint pod(String container, String address) {
    return WorkloadEndpoint.ofContainer("default", "n1", container, "eth0", "cali" + container)
        .withIpNetworks(List.of(Cidr.host(Ip.parse(address))))
        .withAnnotation(WorkloadEndpoint.HANDLE_ANNOTATION, Optional.of("net." + container));
  }

  private static Optional<InterfaceAddress> address(String text) {
    return Optional.of(InterfaceAddress.parse(text));
  }

  private static Interface link(int index, String name, boolean up, String address) {
    List<Address> addresses = List.of(Address.of(name, Ip.parse(address), 24));
    return new Interface(index, name, "", "", Optional.empty(), 1500, up, addresses);
  }
}
