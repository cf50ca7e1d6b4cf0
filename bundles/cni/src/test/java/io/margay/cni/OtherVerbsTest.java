// SPDX-License-Identifier: Apache-2.0
package io.margay.cni;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.margay.api.ipam.AddressRequest;
import io.margay.api.ipam.IpamException;
import io.margay.api.net.IpFamily;
import io.margay.api.resource.WorkloadEndpoint;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** DEL, GC, STATUS and VERSION. */
class OtherVerbsTest {
  private static final RawCall ADD = TestNode.call(Verb.ADD);
  private static final RawCall DEL = TestNode.call(Verb.DEL);
  private static final Map<String, String> POD_ARGS =
      Map.of("CNI_ARGS", "K8S_POD_NAMESPACE=shop;K8S_POD_NAME=cart-0");

  private TestNode node;

  @BeforeEach
  void start() throws Exception {
    node = new TestNode();
  }

  @AfterEach
  void stop() throws Exception {
    node.close();
  }

  @Test
  void delIsRepeatable() throws Exception {
    node.run(ADD);

    assertEquals("", ok(node.run(DEL)));
    assertEquals("", ok(node.run(DEL)));
    assertEquals(List.of(), node.remains());
  }

  @Test
  void delOfAnOldSandboxLeavesItsSuccessor() throws Exception {
    node.run(TestNode.call(Verb.ADD, "old", POD_ARGS, Map.of()));
    node.run(TestNode.call(Verb.ADD, "new", POD_ARGS, Map.of()));

    ok(node.run(TestNode.call(Verb.DEL, "old", POD_ARGS, Map.of())));

    assertEquals(Set.of("net.new"), node.plumber.links.keySet());
    assertEquals(1, node.store.list(WorkloadEndpoint.KIND).entries().size());
    assertEquals(1, node.ipam.held(IpFamily.IPV4).size());
  }

  @Test
  void delWithoutTheArgsOfItsAddFindsTheDocument() throws Exception {
    node.run(TestNode.call(Verb.ADD, "0a1b2c", POD_ARGS, Map.of()));

    ok(node.run(DEL));

    assertEquals(List.of(), node.remains());
  }

  @Test
  void delRereadsADocumentThatChanges() throws Exception {
    node.run(ADD);
    node.store.conflictNextWrite();

    ok(node.run(DEL));

    assertEquals(List.of(), node.remains());
  }

  @Test
  void delIsSpooledWhileTheStoreIsAway() throws Exception {
    node.run(ADD);
    node.store.lose("disk is gone");

    assertEquals("", ok(node.run(DEL)));

    node.store.restore();
    assertEquals(List.of(new Attachment("net", "0a1b2c", "eth0")), node.spool.waiting());
    node.listen();
    assertEquals(List.of(), node.remains());
  }

  @Test
  void delIsSpooledWithoutTheServicesItNeeds() throws Exception {
    node.run(ADD);
    node.services.plumber().unbind(node.plumber);
    node.patience = Duration.ZERO;

    assertEquals("", ok(node.run(DEL)));
    assertEquals(1, node.spool.waiting().size());

    node.services.plumber().bind(node.plumber);
    assertEquals("", ok(node.run(DEL)));
    assertEquals(List.of(), node.remains());
  }

  @Test
  void gcRemovesWhatIsNotListed() throws Exception {
    for (String container : List.of("a", "b", "c")) {
      node.run(TestNode.call(Verb.ADD, container, Map.of(), Map.of()));
    }
    RawCall other = TestNode.call(Verb.ADD, "d", Map.of(), Map.of());
    String input = TestNode.text(other).replace("\"net\"", "\"net2\"");
    node.run(new RawCall(other.environment(), TestNode.bytes(input)));

    assertEquals("", ok(node.run(gc("[{\"containerID\":\"b\",\"ifname\":\"eth0\"}]"))));

    assertEquals(Set.of("net.b", "net2.d"), node.plumber.links.keySet());
    assertEquals(2, node.ipam.held(IpFamily.IPV4).size());
    assertEquals("", ok(node.run(gc("[]"))));
    assertEquals(Set.of("net2.d"), node.plumber.links.keySet());
  }

  @Test
  void gcWithoutAListRemovesNothing() throws Exception {
    node.run(ADD);

    assertError(7, "cni.dev/valid-attachments", node.run(TestNode.call(Verb.GC)));
    assertEquals(1, node.plumber.links.size());
  }

  @Test
  void gcTakesItsOwnArgumentsForNobodys() throws Exception {
    node.run(ADD);

    ok(node.run(TestNode.call(Verb.GC, "", POD_ARGS, Map.of("cni.dev/valid-attachments", "[]"))));

    assertEquals(List.of(), node.remains());
  }

  @Test
  void gcWithAMalformedListRemovesNothing() throws Exception {
    node.run(ADD);

    assertError(7, "containerID", node.run(gc("[{\"ifname\":\"eth0\"}]")));
    assertError(7, "cni.dev/valid-attachments", node.run(gc("{}")));
    assertEquals(1, node.plumber.links.size());
  }

  @Test
  void statusIsSilentWhenAddCanBeServed() {
    assertEquals("", ok(node.run(TestNode.call(Verb.STATUS))));
  }

  @Test
  void statusSaysThatTheNodeIsNotReady() {
    node.agent.notReady = Optional.of("store not in sync");

    assertError(50, "store not in sync", node.run(TestNode.call(Verb.STATUS)));
  }

  @Test
  void statusSaysThatRunningPodsAreAtRisk() {
    node.agent.notReady = Optional.of("no bundle provides the dataplane");
    node.agent.podsAtRisk = node.agent.notReady;

    assertError(51, "dataplane", node.run(TestNode.call(Verb.STATUS)));
  }

  @Test
  void addAndDelAreServedWhateverStatusSays() throws Exception {
    fillPool();
    assertEquals(1, node.run(TestNode.call(Verb.STATUS)).status());

    assertError(101, "full", node.run(ADD));
    assertEquals("", ok(node.run(DEL)));
  }

  @Test
  void statusSaysThatTheNodeHasLostItsAddresses() {
    node.ipam.refuse(IpamException.Reason.NODE_LOST);

    assertError(51, "NODE_LOST", node.run(TestNode.call(Verb.STATUS)));
    assertError(11, "refused", node.run(ADD));
  }

  @Test
  void statusSaysThatAServiceIsAway() {
    node.services.plumber().unbind(node.plumber);
    node.patience = Duration.ZERO;

    assertError(50, "plumber", node.run(TestNode.call(Verb.STATUS)));
  }

  @Test
  void statusSaysThatTheStoreIsAway() throws Exception {
    node.store.lose("disk is gone");

    assertError(50, "disk is gone", node.run(TestNode.call(Verb.STATUS)));
    node.store.restore();
  }

  @Test
  void statusSaysThatAddressesAreExhausted() throws Exception {
    fillPool();

    assertError(50, "pool-ipv4", node.run(TestNode.call(Verb.STATUS)));
  }

  @Test
  void versionListsWhatIsSupported() {
    assertEquals(
        "{\"cniVersion\":\"1.1.0\",\"supportedVersions\":"
            + "[\"0.1.0\",\"0.2.0\",\"0.3.0\",\"0.3.1\",\"0.4.0\",\"1.0.0\",\"1.1.0\"]}\n",
        ok(node.run(TestNode.call(Verb.VERSION))));
  }

  @Test
  void versionIsRepeatedAsOnInput() {
    RawCall call = TestNode.call(Verb.VERSION);
    RawCall future = new RawCall(call.environment(), TestNode.bytes("{\"cniVersion\":\"7.0.0\"}"));

    assertEquals("7.0.0", TestNode.json(node.run(future)).get("cniVersion").getAsString());
  }

  private void fillPool() throws IpamException {
    for (int i = 0; i < 64; i++) {
      AddressRequest request =
          new AddressRequest(
              "h" + i,
              "node1",
              AddressRequest.Use.WORKLOAD,
              Set.of(IpFamily.IPV4),
              List.of(),
              List.of(),
              Map.of(),
              Map.of());
      node.ipam.assign(request, assignment -> List.of());
    }
  }

  private static RawCall gc(String valid) {
    return TestNode.call(Verb.GC, "", Map.of(), Map.of("cni.dev/valid-attachments", valid));
  }

  private static String ok(Answer answer) {
    assertEquals(0, answer.status(), TestNode.text(answer));
    return TestNode.text(answer);
  }

  private static void assertError(int code, String message, Answer answer) {
    assertEquals(1, answer.status());
    assertEquals(code, TestNode.json(answer).get("code").getAsInt(), TestNode.text(answer));
    String text = TestNode.json(answer).get("msg").getAsString();
    assertTrue(text.contains(message), text);
  }
}
