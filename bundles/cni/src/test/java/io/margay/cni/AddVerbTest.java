// SPDX-License-Identifier: Apache-2.0
package io.margay.cni;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.margay.api.dataplane.DataplaneException;
import io.margay.api.ipam.IpamException.Reason;
import io.margay.api.net.IpFamily;
import io.margay.api.resource.IpPool;
import io.margay.api.resource.WorkloadEndpoint;
import io.margay.api.store.Entry;
import io.margay.api.store.Expected;
import io.margay.api.store.Key;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class AddVerbTest {
  private static final RawCall ADD = TestNode.call(Verb.ADD);
  private static final RawCall DEL = TestNode.call(Verb.DEL);
  private static final Map<String, String> POD_ARGS =
      Map.of("CNI_ARGS", "IgnoreUnknown=1;K8S_POD_NAMESPACE=shop;K8S_POD_NAME=cart-0");

  private TestNode node;

  /** Passes every catch of an exception, as a kill does. */
  private static final class Killed extends Error {
    private static final long serialVersionUID = 1L;
  }

  @BeforeEach
  void start() throws Exception {
    node = new TestNode();
  }

  @AfterEach
  void stop() throws Exception {
    node.close();
  }

  @Test
  void makesAddressDocumentLinkAndRoutes() throws Exception {
    Answer answer = node.run(ADD);

    assertEquals(0, answer.status(), TestNode.text(answer));
    assertEquals(1, node.ipam.held(IpFamily.IPV4).size());
    assertEquals(Set.of("net.0a1b2c"), node.plumber.links.keySet());
    assertEquals(Set.of("net.0a1b2c"), node.agent.wired.keySet());
    WorkloadEndpoint endpoint = document("default", "node1-cni-0a1b2c-eth0");
    assertEquals(Optional.of("net.0a1b2c"), endpoint.metadata().annotation("margay.io/handle"));
    assertEquals(Optional.of("net"), endpoint.metadata().annotation("margay.io/network"));
    assertEquals(
        Optional.of("/proc/self/ns/net"), endpoint.metadata().annotation("margay.io/netns"));
    assertEquals("[10.65.0.0/32]", endpoint.ipNetworks().toString());
    assertEquals(
        Endpoints.workload(endpoint, node.agent.podMtuBytes()),
        node.plumber.links.get("net.0a1b2c"));
  }

  @Test
  void namesTheDocumentAfterThePod() throws Exception {
    String labels = "{\"cni\":{\"labels\":[{\"key\":\"app\",\"value\":\"cart\"}]}}";

    node.run(TestNode.call(Verb.ADD, "0a1b2c", POD_ARGS, Map.of("args", labels)));

    WorkloadEndpoint endpoint = document("shop", "node1-k8s-cart--0-eth0");
    assertEquals(Optional.of("0a1b2c"), endpoint.containerId());
    assertEquals(
        Map.of(
            "app", "cart",
            "projectcalico.org/namespace", "shop",
            "projectcalico.org/orchestrator", "k8s"),
        endpoint.metadata().labels());
    assertEquals("cart-0", node.ipam.lastRequest().attributes().get("pod"));
  }

  @Test
  void writesOtherSourcesIntoTheDocument() throws Exception {
    String annotations =
        "{\"io.kubernetes.cri.pod-annotations\":{\"cni.projectcalico.org/allowedSourcePrefixes\":"
            + "\"[\\\"192.0.2.0/24\\\",\\\"2001:db8::/64\\\"]\"}}";

    node.run(TestNode.call(Verb.ADD, "0a1b2c", Map.of(), Map.of("runtimeConfig", annotations)));

    assertEquals(
        "[192.0.2.0/24, 2001:db8::/64]",
        document("default", "node1-cni-0a1b2c-eth0").allowSpoofedSourcePrefixes().toString());
  }

  @Test
  void repeatedFindsTheSameAddresses() throws Exception {
    String first = TestNode.text(node.run(ADD));

    assertEquals(first, TestNode.text(node.run(ADD)));
    assertEquals(1, node.ipam.held(IpFamily.IPV4).size());
  }

  @Test
  void runsAgainWhenWhatServedItWasReplaced() throws Exception {
    FakeIpam stopping = new FakeIpam(node.store);
    stopping.refuse(Reason.STORE);
    node.services.ipam().bind(stopping);
    node.faults =
        point -> {
          if (point == FaultPoint.ADD_BEFORE_ASSIGN) {
            node.services.ipam().bind(node.ipam); // While the call holds the one before.
            node.services.ipam().unbind(stopping);
            node.faults = other -> {};
          }
        };

    Answer answer = node.run(ADD);

    assertEquals(0, answer.status(), TestNode.text(answer));
    assertEquals(1, node.ipam.held(IpFamily.IPV4).size());
    assertEquals(List.of(), node.spool.waiting());
  }

  @Test
  void failsOnceWhenNothingWasReplaced() throws Exception {
    node.ipam.refuse(Reason.STORE);
    AtomicInteger attempts = new AtomicInteger();
    node.faults = point -> attempts.addAndGet(point == FaultPoint.ADD_BEFORE_ASSIGN ? 1 : 0);

    assertEquals(1, node.run(ADD).status());

    assertEquals(1, attempts.get());
  }

  @Test
  void asksForEveryFamilyThatHasAPool() throws Exception {
    node.addPool("pool-ipv6", FakeIpam.BLOCK_IPV6);

    Answer answer = node.run(ADD);

    assertEquals(2, TestNode.json(answer).getAsJsonArray("ips").size());
    assertEquals(2, TestNode.json(answer).getAsJsonArray("routes").size());
  }

  @Test
  void configurationSwitchesAFamilyOff() throws Exception {
    node.addPool("pool-ipv6", FakeIpam.BLOCK_IPV6);
    String ipam = "{\"type\":\"calico-ipam\",\"assign_ipv4\":\"false\"}";

    node.run(TestNode.call(Verb.ADD, "c", Map.of(), Map.of("ipam", ipam)));

    assertEquals(Set.of(IpFamily.IPV6), node.ipam.lastRequest().families());
  }

  @Test
  void poolsOfOneFamilyDoNotRestrictTheOther() throws Exception {
    node.addPool("pool-ipv6", FakeIpam.BLOCK_IPV6);
    String ipam = "{\"ipv4_pools\":[\"10.65.0.0/26\"]}";

    node.run(TestNode.call(Verb.ADD, "c", Map.of(), Map.of("ipam", ipam)));

    assertEquals(List.of("10.65.0.0/26"), node.ipam.lastRequest().pools());
    assertEquals(Set.of(IpFamily.IPV4, IpFamily.IPV6), node.ipam.lastRequest().families());
  }

  @Test
  void asksForAFamilyThatOnlyANamedPoolHas() throws Exception {
    IpPool pool = IpPool.of("team", FakeIpam.BLOCK_IPV6);
    node.store.put(
        pool.key(),
        new String(pool.toJson(), StandardCharsets.UTF_8)
            .replace("\"all()\"", "\"!all()\"")
            .getBytes(StandardCharsets.UTF_8),
        Expected.ANY);
    String ipam = "{\"ipv6_pools\":[\"team\"]}";

    node.run(TestNode.call(Verb.ADD, "b", Map.of(), Map.of()));
    assertEquals(Set.of(IpFamily.IPV4), node.ipam.lastRequest().families());
    node.run(TestNode.call(Verb.ADD, "c", Map.of(), Map.of("ipam", ipam)));
    assertEquals(Set.of(IpFamily.IPV4, IpFamily.IPV6), node.ipam.lastRequest().families());
  }

  @Test
  void secondInterfaceHoldsItsOwnAddresses() throws Exception {
    node.run(ADD);
    RawCall second = TestNode.call(Verb.ADD, "0a1b2c", Map.of("CNI_IFNAME", "net1"), Map.of());
    node.run(second);

    assertEquals(Set.of("net.0a1b2c", "net.0a1b2c.net1"), node.plumber.links.keySet());
    assertEquals(2, node.ipam.held(IpFamily.IPV4).size());
  }

  @Test
  void waitsUntilTheNodeIsReady() throws Exception {
    node.agent.notReady = Optional.of("store not in sync");
    CompletableFuture<Answer> answer = CompletableFuture.supplyAsync(() -> node.run(ADD));
    node.agent.notReady = Optional.empty();

    assertEquals(0, answer.join().status());
  }

  @Test
  void refusesWhenTheNodeIsNotReadyInTime() throws Exception {
    node.agent.notReady = Optional.of("store not in sync");
    node.patience = Duration.ZERO;

    assertError(11, "store not in sync", node.run(ADD));
  }

  @Test
  void waitsForAServiceThatIsBeingReplaced() throws Exception {
    node.services.ipam().unbind(node.ipam);
    CompletableFuture<Answer> answer = CompletableFuture.supplyAsync(() -> node.run(ADD));
    node.services.ipam().bind(node.ipam);

    assertEquals(0, answer.join().status());
  }

  @Test
  void refusesWithoutAServiceInTime() throws Exception {
    node.services.ipam().unbind(node.ipam);
    node.patience = Duration.ZERO;

    assertError(11, "IPAM", node.run(ADD));
  }

  @Test
  void hasTheIpamSayWhyThereIsNoPool() throws Exception {
    node.store.delete(Key.of("IPPool", "pool-ipv4"), Expected.ANY);
    node.ipam.refuse(Reason.NO_POOL);

    assertError(101, "refused by the test", node.run(ADD));
    assertEquals(Set.of(IpFamily.IPV4, IpFamily.IPV6), node.ipam.lastRequest().families());
  }

  @Test
  void refusesAFileThatIsNoNamespace() throws Exception {
    Map<String, String> variables = Map.of("CNI_NETNS", "/dev/null");

    assertError(4, "CNI_NETNS", node.run(TestNode.call(Verb.ADD, "c", variables, Map.of())));
  }

  @Test
  void refusesANamespaceThatDoesNotExist() throws Exception {
    Map<String, String> variables = Map.of("CNI_NETNS", "/run/netns/no-such-namespace");

    assertError(4, "CNI_NETNS", node.run(TestNode.call(Verb.ADD, "c", variables, Map.of())));
  }

  @Test
  void refusesTheHostsNamespace() throws Exception {
    Map<String, String> variables = Map.of("CNI_NETNS_OVERRIDE", "");

    assertError(4, "CNI_NETNS", node.run(TestNode.call(Verb.ADD, "c", variables, Map.of())));
  }

  @Test
  void leavesNothingWhenAddressesAreRefused() throws Exception {
    node.ipam.refuse(Reason.EXHAUSTED);

    assertError(101, "refused by the test", node.run(ADD));
  }

  @Test
  void leavesNothingWhenTheLinkIsRefused() throws Exception {
    node.plumber.refusal = Optional.of("EEXIST");

    assertError(102, "EEXIST", node.run(ADD));
  }

  @Test
  void leavesNothingWhenTheRoutesAreRefused() throws Exception {
    node.agent.kernel =
        CompletableFuture.failedFuture(new DataplaneException("route: EINVAL", "EINVAL"));

    assertError(102, "route: EINVAL", node.run(ADD));
  }

  @Test
  void leavesNothingWhenTheKernelIsTooSlow() throws Exception {
    node.agent.kernel = new CompletableFuture<>();
    node.patience = Duration.ofMillis(1);

    assertError(11, "in time", node.run(ADD));
  }

  @Test
  void leavesNothingWhenTheClientHasGone() throws Exception {
    Answer answer = node.verbs.answer(Request.decode(ADD), ADD, () -> true, new Trace());

    assertError(11, "did not wait", answer);
  }

  @Test
  void leavesNothingWhenTheAnswerOfTheStoreIsLost() throws Exception {
    node.store.loseNextAnswer();

    assertError(11, "answer was lost", node.run(ADD));
  }

  @Test
  void spoolsWhatItCannotTakeBack() throws Exception {
    node.plumber.beforeAttach = () -> node.store.lose("disk is gone");
    node.plumber.refusal = Optional.of("EIO");

    assertEquals(1, node.run(ADD).status());

    node.store.restore();
    assertEquals(List.of(new Attachment("net", "0a1b2c", "eth0")), node.spool.waiting());
    assertEquals(0, node.run(DEL).status());
    assertEquals(List.of(), node.remains());
  }

  @Test
  void executesASpooledDelFirst() throws Exception {
    node.run(ADD);
    node.spool.write(Request.decode(DEL).attachment(), DEL);
    node.plumber.beforeAttach = () -> assertTrue(node.plumber.links.isEmpty());

    assertEquals(0, node.run(ADD).status());
    assertEquals(List.of(), node.spool.waiting());
  }

  static Stream<FaultPoint> pointsOfAdd() {
    return Stream.of(FaultPoint.values())
        .filter(p -> p.name().startsWith("ADD_") && p != FaultPoint.ADD_AFTER_ANSWER);
  }

  @ParameterizedTest
  @MethodSource("pointsOfAdd")
  void killedAddLeavesNothingAfterDel(FaultPoint point) throws Exception {
    killAt(point, ADD);

    assertEquals(0, node.run(DEL).status());

    assertEquals(List.of(), node.remains());
  }

  @ParameterizedTest
  @MethodSource("pointsOfAdd")
  void killedAddCanBeRepeated(FaultPoint point) throws Exception {
    killAt(point, ADD);

    assertEquals(0, node.run(ADD).status());

    assertEquals(1, node.ipam.held(IpFamily.IPV4).size());
    assertEquals(0, node.run(DEL).status());
    assertEquals(List.of(), node.remains());
  }

  static Stream<FaultPoint> pointsOfDel() {
    return Stream.of(FaultPoint.values()).filter(p -> p.name().startsWith("DEL_"));
  }

  @ParameterizedTest
  @MethodSource("pointsOfDel")
  void killedDelLeavesNothingWhenRepeated(FaultPoint point) throws Exception {
    node.run(ADD);
    killAt(point, DEL);

    assertEquals(0, node.run(DEL).status());

    assertEquals(List.of(), node.remains());
  }

  @Test
  void spooledDelSurvivesAKillRightAfterIt() throws Exception {
    node.run(ADD);
    node.spool.write(Request.decode(DEL).attachment(), DEL);
    killAt(FaultPoint.SPOOL_AFTER_EXECUTE, ADD);

    node.listen();

    assertEquals(0, node.exchange(DEL).status());
    assertEquals(List.of(), node.remains());
  }

  private void killAt(FaultPoint point, RawCall call) {
    node.faults =
        reached -> {
          if (reached == point) {
            throw new Killed();
          }
        };
    assertThrows(Killed.class, () -> node.run(call));
    node.faults = reached -> {};
    node.build();
  }

  private void assertError(int code, String message, Answer answer) throws Exception {
    assertEquals(1, answer.status());
    assertEquals(code, TestNode.json(answer).get("code").getAsInt());
    String text = TestNode.json(answer).get("msg").getAsString();
    assertTrue(text.contains(message), text);
    assertEquals(List.of(), node.remains());
  }

  private WorkloadEndpoint document(String namespace, String name) throws Exception {
    Entry entry = node.store.get(new Key(WorkloadEndpoint.KIND, namespace, name)).orElseThrow();
    return WorkloadEndpoint.parse(entry.json());
  }
}
