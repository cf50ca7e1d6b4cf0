// SPDX-License-Identifier: Apache-2.0
package io.margay.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.margay.api.dataplane.ActualState.FibResult;
import io.margay.api.dataplane.ActualState.Interface;
import io.margay.api.dataplane.Address;
import io.margay.api.dataplane.Change;
import io.margay.api.dataplane.Grant;
import io.margay.api.dataplane.NextHop;
import io.margay.api.dataplane.NftTable;
import io.margay.api.dataplane.Owner;
import io.margay.api.dataplane.Route;
import io.margay.api.mode.Destination;
import io.margay.api.mode.HostTraffic;
import io.margay.api.mode.Variant;
import io.margay.api.mode.Wire;
import io.margay.api.net.Cidr;
import io.margay.api.net.InterfaceAddress;
import io.margay.api.net.Ip;
import io.margay.api.net.IpFamily;
import io.margay.api.net.MacAddress;
import io.margay.api.resource.Allocation;
import io.margay.api.resource.BlockAffinity;
import io.margay.api.resource.ClusterInformation;
import io.margay.api.resource.Encapsulation;
import io.margay.api.resource.FelixConfiguration;
import io.margay.api.resource.IpPool;
import io.margay.api.resource.IpamBlock;
import io.margay.api.resource.Node;
import io.margay.api.resource.NodeModeStatus;
import io.margay.api.resource.Resource;
import io.margay.api.resource.WorkloadEndpoint;
import io.margay.api.store.Entry;
import io.margay.api.store.Expected;
import io.margay.api.store.Key;
import io.margay.api.store.Revision;
import io.margay.api.store.StoreException;
import io.margay.core.node.DetectionMethod;
import io.margay.core.view.Mirror;
import io.margay.testkit.FakeKernel;
import io.margay.testkit.FakeStore;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class CoordinatorTest {
  private static final Cidr OWN_BLOCK = Cidr.parse("10.65.0.0/26");
  private static final Cidr PEER_BLOCK = Cidr.parse("10.65.0.64/26");
  private static final String POD = "net.c1";

  private final ManualAgent agent = new ManualAgent();
  private final FakeStore store = new FakeStore(Runnable::run);
  private final TestMode direct = new TestMode("direct");
  private FakeKernel kernel = new FakeKernel();
  private Coordinator coordinator;
  private int readyCount;

  @BeforeEach
  void cluster() throws Exception {
    kernel.putInterface(
        link(2, "eth0", "", List.of(Address.of("eth0", Ip.parse("192.0.2.1"), 24))));
    kernel.putInterface(link(3, "cali1", POD, List.of()));
    kernel.putLookup(
        Ip.parse("192.0.2.2"), new FibResult("eth0", Optional.empty(), Optional.empty(), false));
    put(Node.of("n2").withAddress(IpFamily.IPV4, address("192.0.2.2/24")));
    put(IpPool.of("pool", Cidr.parse("10.65.0.0/16")));
    put(block(OWN_BLOCK, "n1"));
    put(block(PEER_BLOCK, "n2"));
    put(pod());
    coordinator = coordinator();
  }

  @Test
  void bringsTheNodeUp() {
    start();

    assertEquals(
        """
        neigh 10.65.0.1 dev cali1 lladdr 02:00:00:00:00:01 nud permanent
        route 10.65.0.1/32 dev cali1
        route 10.65.0.64/26 via 192.0.2.2 dev eth0
        route blackhole 10.65.0.0/26
        sysctl net/ipv4/ip_forward = 1\
        """,
        kernelText());
    assertEquals(Optional.empty(), coordinator.latest().notReady());
    assertEquals(1, readyCount);
  }

  @Test
  void registersTheNodeAndKeepsWhatOthersWrote() throws Exception {
    put(Node.of("n1").withLabels(Map.of("rack", "7")));

    start();

    Node node = Node.parse(store.get(Key.of(Node.KIND, "n1")).orElseThrow().json());
    assertEquals(address("192.0.2.1/24"), node.ipv4Address());
    assertEquals(Map.of("rack", "7"), node.metadata().labels());
  }

  @Test
  void makesTheDefaultPoolOnce() throws Exception {
    store.delete(Key.of(IpPool.KIND, "pool"), Expected.ANY);
    start();
    Key made = Key.of(IpPool.KIND, "default-ipv4-ippool");
    assertEquals(
        Cidr.parse("192.168.0.0/16"), IpPool.parse(store.get(made).orElseThrow().json()).cidr());

    store.delete(made, Expected.ANY);
    coordinator = coordinator();
    start();

    assertTrue(store.list(IpPool.KIND).entries().isEmpty());
  }

  @Test
  void touchesNothingUntilTheStoreIsInSync() {
    store.lose("no route to the store");

    start();

    assertEquals("", kernelText());
    assertTrue(coordinator.latest().notReady().isPresent());
  }

  @Test
  void writesNothingAfterACleanRestart() {
    start();
    kernel.clearWrites();

    kernel = kernel.restarted();
    coordinator = coordinator();
    start();

    assertEquals(List.of(), kernel.writes());
    assertEquals(Optional.empty(), coordinator.latest().notReady());
  }

  @Test
  void sweepsWhatWasRemovedWhileTheAgentWasAway() throws Exception {
    start();
    store.delete(pod().key(), Expected.ANY);
    kernel = kernel.restarted();
    coordinator = coordinator();

    start();

    assertEquals(
        """
        route 10.65.0.64/26 via 192.0.2.2 dev eth0
        route blackhole 10.65.0.0/26
        sysctl net/ipv4/ip_forward = 1\
        """,
        kernelText());
  }

  @Test
  void keepsTheRoutesOfAPoolWhoseModeIsAway() throws Exception {
    start();
    kernel = kernel.restarted();
    coordinator = coordinator();

    coordinator.bindStore(store);
    coordinator.bindDataplane(kernel);
    agent.pass(Duration.ofSeconds(5));

    assertTrue(kernelText().contains("route 10.65.0.64/26 via 192.0.2.2 dev eth0"));
    assertEquals(
        Optional.of("pool pool stays as it is: no bundle provides its mode direct"),
        coordinator.latest().notReady());

    store.delete(Key.of(IpamBlock.KIND, IpamBlock.nameOf(PEER_BLOCK)), Expected.ANY);
    coordinator.bindMode(1, direct, direct.info(), new ModeProvider(1, "test"));
    agent.pass(Duration.ofSeconds(5));

    assertFalse(kernelText().contains("10.65.0.64/26"), "swept once its mode is back");
    assertEquals(Optional.empty(), coordinator.latest().notReady());
  }

  @Test
  void keepsEverythingWhenServicesGo() {
    start();
    String before = kernelText();
    kernel.clearWrites();

    coordinator.unbindMode(1);
    coordinator.unbindStore(store);
    coordinator.unbindDataplane(kernel);
    agent.pass(Duration.ofSeconds(5));

    assertEquals(before, kernelText());
    assertEquals(List.of(), kernel.writes());
    assertTrue(coordinator.latest().notReady().isPresent());
  }

  @Test
  void declaresAgainToAnotherDataplane() {
    start();
    FakeKernel next = new FakeKernel();
    next.putInterface(link(2, "eth0", "", List.of(Address.of("eth0", Ip.parse("192.0.2.1"), 24))));
    next.putInterface(link(3, "cali1", POD, List.of()));
    next.putLookup(
        Ip.parse("192.0.2.2"), new FibResult("eth0", Optional.empty(), Optional.empty(), false));
    String before = kernelText();

    coordinator.bindDataplane(next);
    coordinator.unbindDataplane(kernel);
    agent.pass(Duration.ofSeconds(5));

    kernel = next;
    assertEquals(before, kernelText());
    assertEquals(1, readyCount);
  }

  @Test
  void plansNothingWhenAnEventChangesNoInput() throws Exception {
    start();
    int plans = direct.plans;

    put(
        block(PEER_BLOCK, "n2")
            .withAssigned(
                List.of(Ip.parse("10.65.0.70")), Allocation.of("net.x", Map.of("node", "n2"))));
    put(
        Node.of("n2")
            .withAddress(IpFamily.IPV4, address("192.0.2.2/24"))
            .withLabels(Map.of("a", "b")));
    put(ClusterInformation.of("00"));
    agent.pass(Duration.ofSeconds(5));
    assertEquals(plans, direct.plans);

    put(block(Cidr.parse("10.65.0.128/26"), "n2"));
    agent.pass(Duration.ofSeconds(5));
    assertEquals(plans + 1, direct.plans);
  }

  @Test
  void plansAtMostTenTimesASecond() throws Exception {
    start();
    int plans = direct.plans;

    for (int i = 2; i < 102; i++) {
      put(block(Cidr.parse("10.65." + i + ".0/26"), "n2"));
      agent.pass(Duration.ofMillis(10));
    }
    agent.pass(Duration.ofSeconds(1));

    assertTrue(direct.plans - plans <= 12, () -> "plans: " + (direct.plans - plans));
    assertTrue(kernelText().contains("route 10.65.101.0/26 via 192.0.2.2 dev eth0"));
  }

  @Test
  void routesToABorrowedAddress() throws Exception {
    start();

    put(
        block(OWN_BLOCK, "n1")
            .withAssigned(
                List.of(Ip.parse("10.65.0.9")), Allocation.of("net.b", Map.of("node", "n2"))));
    agent.pass(Duration.ofSeconds(1));

    assertTrue(kernelText().contains("route 10.65.0.9/32 via 192.0.2.2 dev eth0"));
  }

  @Test
  void keepsTheRouteOfADestinationThatCannotBeReached() throws Exception {
    start();

    put(Node.of("n2"));
    agent.pass(Duration.ofSeconds(1));

    assertTrue(kernelText().contains("route 10.65.0.64/26 via 192.0.2.2 dev eth0"));
    assertTrue(healthText().contains("pools DEGRADED 1 destinations cannot be reached"));
  }

  @Test
  void whatOnlyAModeThatAPoolLeavesCannotReachIsNoFault() throws Exception {
    TestMode vxlan = new TestMode("vxlan");
    coordinator.bindMode(2, vxlan, vxlan.info(), new ModeProvider(2, "test"));
    put(
        NodeModeStatus.of(
            "n1",
            Map.of(
                "pool",
                new NodeModeStatus.Pool(
                    Revision.NONE,
                    Revision.NONE,
                    Set.of(new Wire("vxlan/4096/4789")),
                    Set.of(),
                    List.of()))));
    vxlan.isCutOff = true;

    start();

    assertTrue(vxlan.plans > 0, "the pool still needs it");
    assertTrue(healthText().contains("pools OK"), this::healthText);
  }

  @Test
  void forgetsWhatADeletedNodeSaidAndNotWhatAnUnreadableOneDid() throws Exception {
    NodeModeStatus status = NodeModeStatus.of("n2", Map.of());
    put(status);
    Key node = Key.of(Node.KIND, "n2");
    store.put(node, "{\"kind\":\"Node\"}".getBytes(StandardCharsets.UTF_8), Expected.ANY);

    start();
    agent.pass(Duration.ofSeconds(30));
    assertTrue(store.get(status.key()).isPresent());

    store.delete(node, Expected.ANY);
    agent.pass(Duration.ofSeconds(30));
    assertTrue(store.get(status.key()).isEmpty());
  }

  @Test
  void keepsTheLastGoodDocument() throws Exception {
    start();
    Key pool = Key.of(IpPool.KIND, "pool");

    store.put(pool, "{\"kind\":\"IPPool\"}".getBytes(), Expected.ANY);
    agent.pass(Duration.ofSeconds(1));

    assertTrue(kernelText().contains("route 10.65.0.64/26 via 192.0.2.2 dev eth0"));
    assertTrue(healthText().contains("documents DEGRADED"), this::healthText);
  }

  @Test
  void keepsTheLastGoodPlanWhenAModeFails() throws Exception {
    start();
    direct.failure = new IllegalStateException("boom");

    put(block(Cidr.parse("10.65.0.128/26"), "n2"));
    agent.pass(Duration.ofSeconds(1));

    assertTrue(kernelText().contains("route 10.65.0.64/26 via 192.0.2.2 dev eth0"));
    assertTrue(healthText().contains("modes DEGRADED mode direct: planning by test fails"));
  }

  @Test
  void namesTheBundleOfALatePlan() throws Exception {
    start();
    agent.holdPlans(true);

    put(block(Cidr.parse("10.65.0.128/26"), "n2"));
    agent.pass(Duration.ofSeconds(5));

    assertTrue(healthText().contains("planning by test takes longer than 2000 ms"));
    assertFalse(kernelText().contains("10.65.0.128/26"));
    agent.runPlan();
    agent.pass(Duration.ofSeconds(1));
    assertTrue(kernelText().contains("10.65.0.128/26"));
    assertTrue(healthText().contains("modes OK"));
  }

  @Test
  void refusesPodsWhenItsNodeIsDeleted() throws Exception {
    start();
    kernel.clearWrites();

    store.delete(Key.of(Node.KIND, "n1"), Expected.ANY);
    agent.pass(Duration.ofSeconds(5));

    assertTrue(coordinator.latest().notReady().orElseThrow().startsWith("Node/n1 is not in"));
    assertTrue(store.get(Key.of(Node.KIND, "n1")).isEmpty());
    assertEquals(List.of(), kernel.writes());
  }

  @Test
  void wiresAPodBeforeTheWatchTells() throws Exception {
    start();
    kernel.putInterface(link(4, "cali2", "net.c2", List.of()));
    WorkloadEndpoint second = endpoint("c2", "cali2", "10.65.0.2", "net.c2");

    CompletionStage<Void> wired = coordinator.wire("net.c2", second);
    agent.pass(Duration.ofSeconds(1));
    assertTrue(wired.toCompletableFuture().isDone());
    put(block(Cidr.parse("10.65.0.128/26"), "n2")); // Any other event: the pod must stay.
    agent.pass(Duration.ofSeconds(1));
    assertTrue(kernelText().contains("route 10.65.0.2/32 dev cali2"));
    kernel.clearWrites();

    put(second);
    agent.pass(Duration.ofSeconds(1));
    assertEquals(List.of(), kernel.writes());

    coordinator.unwire("net.c2");
    agent.pass(Duration.ofSeconds(1));
    assertFalse(kernelText().contains("10.65.0.2/32"));
  }

  @Test
  void waitsForTheLinkOfAnEndpointThatTheWatchTellsFirst() throws Exception {
    start();
    put(endpoint("c2", "cali2", "10.65.0.2", "net.c2"));
    agent.pass(Duration.ofSeconds(1));
    assertEquals(List.of(), kernel.drift());

    kernel.putInterface(link(4, "cali2", "net.c2", List.of()));
    kernel.underlayChanged();
    agent.pass(Duration.ofSeconds(1));

    assertTrue(kernelText().contains("route 10.65.0.2/32 dev cali2"));
  }

  @Test
  void takesOverWhatAnEarlierAgentDeclared() throws Exception {
    start();
    kernel.clearWrites();
    Coordinator earlier = coordinator;
    agent.execute(earlier::close);
    store.delete(pod().key(), Expected.ANY);

    coordinator = coordinator();
    start();

    assertEquals(
        """
        route 10.65.0.64/26 via 192.0.2.2 dev eth0
        route blackhole 10.65.0.0/26
        sysctl net/ipv4/ip_forward = 1\
        """,
        kernelText());
    assertTrue(kernel.writes().stream().allMatch(c -> c.action() == Change.Action.REMOVE));
  }

  @Test
  void goesOnWithAnotherStore() throws Exception {
    start();
    FakeStore next = new FakeStore(Runnable::run);
    for (String kind : new Mirror("n1").watches().keySet()) {
      for (Entry entry : store.list(kind).entries()) {
        next.put(entry.key(), entry.json(), Expected.ABSENT);
      }
    }
    kernel.clearWrites();

    coordinator.bindStore(next);
    coordinator.unbindStore(store);
    IpamBlock more = block(Cidr.parse("10.65.0.128/26"), "n2");
    next.put(more.key(), more.toJson(), Expected.ABSENT);
    agent.pass(Duration.ofSeconds(1));

    assertEquals(
        List.of("+ route 10.65.0.128/26 via 192.0.2.2 dev eth0"),
        kernel.writes().stream().map(Change::toString).toList());
  }

  @Test
  void wiresWhenTheDataplaneComesBack() {
    start();
    FakeKernel next = kernel.restarted();
    next.putInterface(link(4, "cali2", "net.c2", List.of()));
    coordinator.unbindDataplane(kernel);

    CompletionStage<Void> wired =
        coordinator.wire("net.c2", endpoint("c2", "cali2", "10.65.0.2", "net.c2"));
    agent.pass(Duration.ofSeconds(1));
    assertFalse(wired.toCompletableFuture().isDone());

    kernel = next;
    coordinator.bindDataplane(next);
    agent.pass(Duration.ofSeconds(1));
    assertTrue(wired.toCompletableFuture().isDone());
    assertTrue(kernelText().contains("route 10.65.0.2/32 dev cali2"));
  }

  @Test
  void findsAnotherGatewayWhenTheUnderlayChanges() {
    start();

    kernel.putLookup(
        Ip.parse("192.0.2.2"),
        new FibResult("eth0", Optional.of(Ip.parse("192.0.2.254")), Optional.empty(), false));
    kernel.underlayChanged();
    agent.pass(Duration.ofSeconds(1));

    assertTrue(kernelText().contains("route 10.65.0.64/26 via 192.0.2.254 dev eth0"));
  }

  @Test
  void freezesWhileTheStoreIsLostAndGoesOnAfterwards() throws Exception {
    start();
    store.lose("disk gone");
    agent.pass(Duration.ofSeconds(1));
    assertTrue(healthText().contains("view DOWN cannot be read: disk gone"), this::healthText);
    assertTrue(kernelText().contains("route 10.65.0.64/26"));

    store.restore();
    put(block(Cidr.parse("10.65.0.128/26"), "n2"));
    agent.pass(Duration.ofSeconds(1));
    assertTrue(kernelText().contains("route 10.65.0.128/26 via 192.0.2.2 dev eth0"));
    assertEquals(Optional.empty(), coordinator.latest().notReady());
  }

  @Test
  void namesSettingsThatHaveNoEffect() throws Exception {
    store.put(
        Key.of(FelixConfiguration.KIND, "default"),
        """
        {"apiVersion": "projectcalico.org/v3", "kind": "FelixConfiguration",
         "metadata": {"name": "default"},
         "spec": {"bpfEnabled": true, "deviceRouteProtocol": 81, "interfacePrefix": "pod"}}\
        """
            .getBytes(StandardCharsets.UTF_8),
        Expected.ABSENT);

    start();

    assertTrue(
        healthText()
            .contains(
                "settings OK FelixConfiguration, not honoured: bpfEnabled, deviceRouteProtocol"),
        this::healthText);
    assertEquals("pod", coordinator.latest().interfacePrefix());
  }

  @Test
  void blackholesABlockWhileItIsBeingClaimed() throws Exception {
    start();

    put(BlockAffinity.of("n1", Cidr.parse("10.65.9.0/26"), BlockAffinity.State.PENDING));
    agent.pass(Duration.ofSeconds(1));

    assertTrue(kernelText().contains("route blackhole 10.65.9.0/26"));
  }

  @Test
  void keepsRoutesToBlocksOfADeletedPool() throws Exception {
    start();

    store.delete(Key.of(IpPool.KIND, "pool"), Expected.ANY);
    agent.pass(Duration.ofSeconds(1));
    assertTrue(kernelText().contains("route 10.65.0.64/26 via 192.0.2.2 dev eth0"));
    assertTrue(healthText().contains("in no pool, the routes stay: 10.65.0.64/26"));

    store.delete(Key.of(IpamBlock.KIND, IpamBlock.nameOf(PEER_BLOCK)), Expected.ANY);
    agent.pass(Duration.ofSeconds(1));
    assertFalse(kernelText().contains("10.65.0.64/26"));
  }

  @Test
  void freezesAPoolThatAsksForAModeNobodyProvides() throws Exception {
    start();

    put(
        IpPool.of("pool", Cidr.parse("10.65.0.0/16"))
            .withModes(Encapsulation.NEVER, Encapsulation.ALWAYS));
    agent.pass(Duration.ofSeconds(1));

    assertTrue(kernelText().contains("route 10.65.0.64/26 via 192.0.2.2 dev eth0"));
    assertTrue(healthText().contains("no bundle provides its mode vxlan"));
  }

  @Test
  void prefersTheServiceThatWasThereFirst() {
    TestMode second = new TestMode("direct");
    start();

    coordinator.bindMode(2, second, second.info(), new ModeProvider(2, "newer"));
    agent.pass(Duration.ofSeconds(1));
    assertEquals(0, second.plans);
    assertTrue(healthText().contains("standing by: direct of newer"));

    coordinator.unbindMode(1);
    agent.pass(Duration.ofSeconds(1));
    assertEquals(1, second.plans);
  }

  @Test
  void anotherBundleOfTheModeTakesOverWithoutAWrite() {
    start();
    TestMode newer = new TestMode("direct");
    coordinator.bindMode(2, newer, newer.info(), new ModeProvider(2, "test"));
    kernel.clearWrites();

    assertEquals(List.of(), rehearse(2));
    coordinator.adoptModes(2);
    coordinator.unbindMode(1);
    agent.pass(Duration.ofSeconds(1));

    assertEquals(List.of(), kernel.writes());
    assertTrue(modeStates().get(0).isActive());
    assertEquals(Set.of("pool"), modeStates().get(0).pools());
  }

  @Test
  void saysWhatAnotherBundleOfTheModeWouldChange() {
    start();
    TestMode other = new TestMode("direct");
    other.mtuBytes = OptionalInt.of(1400);
    coordinator.bindMode(2, other, other.info(), new ModeProvider(2, "test"));
    kernel.clearWrites();

    assertEquals(
        List.of(
            "~ route 10.65.0.64/26 via 192.0.2.2 dev eth0 mtu 1400"
                + "  (was: route 10.65.0.64/26 via 192.0.2.2 dev eth0)"),
        rehearse(2).stream().map(Change::toString).toList());
    assertEquals(List.of(), kernel.writes());

    coordinator.adoptModes(2);
    agent.pass(Duration.ofSeconds(1));
    assertTrue(kernelText().contains("dev eth0 mtu 1400"));
  }

  @Test
  void namesTheBundleThatCannotRehearse() {
    start();
    TestMode broken = new TestMode("direct");
    broken.failure = new IllegalStateException("no idea");
    coordinator.bindMode(2, broken, broken.info(), new ModeProvider(2, "acme"));

    CompletionStage<List<Change>> answer = coordinator.rehearseModes(2);
    agent.pass(Duration.ofSeconds(1));

    ExecutionException failure =
        assertThrows(ExecutionException.class, () -> answer.toCompletableFuture().get());
    assertTrue(failure.getCause().getMessage().contains("planning by acme fails"));
  }

  @Test
  void aBundleIsHeldToWhatItMayOwn() {
    start();
    TestMode greedy = new TestMode("direct");
    greedy.encapType = OptionalInt.of(5);
    Grant grant = Grant.parse("acme", "route;table=\"254\"");
    coordinator.bindMode(2, greedy, greedy.info(), new ModeProvider(2, "acme", grant));
    coordinator.unbindMode(1);
    agent.pass(Duration.ofSeconds(1));

    assertTrue(healthText().contains("planning by acme fails"), healthText());
    assertTrue(healthText().contains("acme may not own route 10.65.0.64/26"), healthText());
    assertTrue(kernelText().contains("route 10.65.0.64/26 via 192.0.2.2 dev eth0\n"));
  }

  @Test
  void prefersTheBundleThatWasChosen() {
    start();
    TestMode second = new TestMode("direct");
    coordinator.preferMode("direct", "acme");
    coordinator.bindMode(2, second, second.info(), new ModeProvider(2, "acme"));
    agent.pass(Duration.ofSeconds(1));

    assertEquals(1, second.plans);
    assertTrue(healthText().contains("standing by: direct of test"));
  }

  private List<Change> rehearse(long bundle) {
    CompletionStage<List<Change>> answer = coordinator.rehearseModes(bundle);
    agent.pass(Duration.ofSeconds(1));
    return answer.toCompletableFuture().join();
  }

  private List<ModeState> modeStates() {
    CompletionStage<List<ModeState>> answer = coordinator.modes();
    agent.pass(Duration.ofSeconds(1));
    return answer.toCompletableFuture().join();
  }

  @Test
  void plansAVendorsModeByWhatPeersAdvertiseOfIt() throws Exception {
    TestMode srv6 = new TestMode("srv6");
    srv6.advertised = Map.of("sid", "fd00::1");
    put(
        IpPool.of("pool", Cidr.parse("10.65.0.0/16"))
            .withAnnotation(IpPool.MODE_ANNOTATION, Optional.of("srv6/CrossSubnet")));
    put(
        Node.of("n2")
            .withAddress(IpFamily.IPV4, address("192.0.2.2/24"))
            .withAnnotation("margay.io/advertise.srv6", Optional.of("{\"sid\":\"fd00::2\"}"))
            .withAnnotation("margay.io/advertise.other", Optional.of("{\"sid\":\"fd00::3\"}")));

    start();
    assertEquals(
        Optional.of("pool pool stays as it is: no bundle provides its mode srv6"),
        coordinator.latest().notReady());

    coordinator.bindMode(2, srv6, srv6.info(), new ModeProvider(2, "vendor"));
    agent.pass(Duration.ofSeconds(5));

    assertEquals(Optional.empty(), coordinator.latest().notReady());
    assertEquals(Map.of("sid", "fd00::2"), srv6.lastView.peer("n2").orElseThrow().advertised());
    assertEquals(
        List.of(Variant.CROSS_SUBNET),
        srv6.lastView.destinations().stream().map(Destination::variant).toList());
    assertEquals(
        Optional.of("{\"sid\":\"fd00::1\"}"),
        Node.parse(store.get(Key.of(Node.KIND, "n1")).orElseThrow().json())
            .metadata()
            .annotation("margay.io/advertise.srv6"));
    assertTrue(kernelText().contains("route 10.65.0.64/26 via 192.0.2.2 dev eth0"));
  }

  @Test
  void leavesAForeignRouteAlone() {
    kernel.putForeign(Route.of(PEER_BLOCK, NextHop.via(Ip.parse("192.0.2.99"), "eth0")));

    start();

    assertTrue(kernelText().contains("route 10.65.0.64/26 via 192.0.2.99 dev eth0 (foreign)"));
    assertEquals(1, readyCount);
  }

  @Test
  void hostRulesKnowTheNodesAndTheTrafficOfTheModes() throws Exception {
    start();
    assertFalse(table().contains("th dport 4789"));
    assertTrue(kernel.text().contains("nft element nodes4 { 192.0.2.2 }"));

    direct.traffic.add(new HostTraffic(17, 4789));
    store.delete(Key.of(Node.KIND, "n2"), Expected.ANY);
    agent.pass(Duration.ofSeconds(1));

    assertTrue(table().contains("th dport 4789 meta l4proto udp goto tunnel\n"));
    assertFalse(kernel.text().contains("nft element nodes4 { 192.0.2.2 }"));
  }

  @Test
  void aBundleIsHeldToTheTrafficThatItMayLetIn() {
    start();
    TestMode greedy = new TestMode("direct");
    greedy.traffic.add(new HostTraffic(17, 53));
    Grant grant = Grant.parse("acme", "traffic;udp=\"4789\"");
    coordinator.bindMode(2, greedy, greedy.info(), new ModeProvider(2, "acme", grant));
    coordinator.unbindMode(1);
    agent.pass(Duration.ofSeconds(1));

    assertTrue(healthText().contains("acme may not let in UDP port 53"), healthText());
    assertFalse(table().contains("th dport 53"));
  }

  @Test
  void saysWhyNoAddressWasFound() {
    kernel.putInterface(link(2, "eth0", "", List.of()));

    start();

    assertTrue(
        coordinator
            .latest()
            .notReady()
            .orElseThrow()
            .startsWith("no node address: IPV4 none by first-found"));
    assertEquals("", kernelText());
  }

  private void start() {
    coordinator.bindMode(1, direct, direct.info(), new ModeProvider(1, "test"));
    coordinator.bindStore(store);
    coordinator.bindDataplane(kernel);
    agent.pass(Duration.ofSeconds(5));
  }

  private Coordinator coordinator() {
    readyCount = 0;
    AgentSettings settings =
        new AgentSettings(
            "n1",
            Map.of(
                IpFamily.IPV4, DetectionMethod.parse("first-found"),
                IpFamily.IPV6, DetectionMethod.parse("first-found")),
            List.of(Cidr.parse("192.168.0.0/16"), Cidr.parse("10.244.0.0/16")),
            Duration.ofSeconds(2));
    return new Coordinator(
        settings,
        agent,
        agent.io(),
        new TestLinkSettings(),
        agent::planThread,
        view -> readyCount++);
  }

  /** What is in the kernel, but for nftables and the sysctls of pods. */
  private String kernelText() {
    return kernel
        .text()
        .lines()
        .filter(l -> !l.startsWith("nft ") && (!l.contains("sysctl") || !l.contains("cali")))
        .collect(Collectors.joining("\n"));
  }

  private String table() {
    return kernel.desired().get(Owner.HOST).objects().stream()
        .filter(o -> o instanceof NftTable)
        .map(o -> ((NftTable) o).body())
        .findFirst()
        .orElseThrow();
  }

  private String healthText() {
    return coordinator.latest().health().stream()
        .map(h -> h.name() + " " + h.status() + " " + h.detail())
        .collect(Collectors.joining("\n"));
  }

  private void put(Resource resource) throws StoreException {
    store.put(resource.key(), resource.toJson(), Expected.ANY);
  }

  private static WorkloadEndpoint pod() {
    return endpoint("c1", "cali1", "10.65.0.1", POD);
  }

  private static WorkloadEndpoint endpoint(
      String container, String link, String address, String handle) {
    return WorkloadEndpoint.ofContainer("default", "n1", container, "eth0", link)
        .withIpNetworks(List.of(Cidr.host(Ip.parse(address))))
        .withMac(MacAddress.parse("02:00:00:00:00:01"))
        .withAnnotation(WorkloadEndpoint.HANDLE_ANNOTATION, Optional.of(handle));
  }

  private static IpamBlock block(Cidr cidr, String node) {
    return IpamBlock.claimedBy(node, cidr, Instant.EPOCH);
  }

  private static Optional<InterfaceAddress> address(String text) {
    return Optional.of(InterfaceAddress.parse(text));
  }

  private static Interface link(int index, String name, String alias, List<Address> addresses) {
    return new Interface(index, name, "", alias, Optional.empty(), 1500, true, addresses);
  }
}
