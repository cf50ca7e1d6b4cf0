// SPDX-License-Identifier: Apache-2.0
package io.margay.ipam;

import static io.margay.ipam.Cluster.request;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.margay.api.health.Health;
import io.margay.api.ipam.IpamException;
import io.margay.api.ipam.IpamException.Reason;
import io.margay.api.ipam.WorkloadWitness.Word;
import io.margay.api.net.IpFamily;
import io.margay.api.resource.BlockAffinity;
import io.margay.api.resource.IpamHandle;
import io.margay.api.resource.Node;
import io.margay.api.resource.WorkloadEndpoint;
import io.margay.api.store.Expected;
import io.margay.api.store.Key;
import io.margay.testkit.FakeStore;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ReconcilerTest {
  private final FakeStore store = new FakeStore(Runnable::run);
  private final Cluster cluster = new Cluster(store);
  private final TestClock clock = new TestClock();
  private NodeModel one;
  private NodeModel two;

  @BeforeEach
  void start() throws Exception {
    cluster.withPool("blue", "10.65.0.0/24", 29).withPool("six", "fd00:65::/64", 125);
    for (String name : List.of("n1", "n2")) {
      cluster.with(Node.of(name));
    }
    one = new NodeModel("n1", store, new Random(0), clock);
    two = new NodeModel("n2", store, new Random(0), clock);
  }

  @AfterEach
  void stop() {
    one.kill();
    two.kill();
  }

  // ---- two witnesses

  @Test
  void takesBackWhatKernelAndRuntimeHaveForgotten() throws Exception {
    one.add("a");
    one.add("b");
    one.forget("a");
    pass(one, Duration.ofSeconds(1));
    clock.advance(Duration.ofSeconds(1));
    one.collect();

    pass(one, NodeModel.INTERVAL);

    assertHeldBy("net.b");
  }

  @Test
  void aListFromBeforeTheLinkWentSaysNothing() throws Exception {
    one.add("a");
    one.collect();
    one.say("a", Word.UNKNOWN);
    one.forget("a");

    pass(one, Duration.ofSeconds(1));
    pass(one, NodeModel.INTERVAL);
    pass(one, NodeModel.INTERVAL);

    assertHeldBy("net.a");
  }

  @Test
  void waitsForTheGracePeriodWhenTheRuntimeIsSilent() throws Exception {
    one.add("a");
    one.kill();
    one.start(); // The witness remembers nothing.
    one.forget("a");
    pass(one, Duration.ofSeconds(1));

    pass(one, NodeModel.GRACE.minusSeconds(1));
    assertHeldBy("net.a");

    pass(one, Duration.ofSeconds(1));
    assertHeldBy();
  }

  @Test
  void theRuntimesWordBeginsTheGraceAnew() throws Exception {
    one.add("a");
    one.links.clear(); // By somebody's hand: the pod runs.
    pass(one, Duration.ofSeconds(1));
    clock.advance(NodeModel.GRACE);
    one.say("a", Word.KNOWN);

    pass(one, NodeModel.INTERVAL);

    assertHeldBy("net.a");
  }

  @Test
  void neverTouchesWhatACallIsUnderWayFor() throws Exception {
    one.add("a");
    one.forget("a");
    for (int i = 0; i < 30; i++) {
      one.say("a", Word.UNDER_WAY);
      pass(one, NodeModel.INTERVAL);
    }

    assertHeldBy("net.a");
  }

  @Test
  void anAddThatComesBetweenLookAndReleaseWins() throws Exception {
    one.add("a");
    one.forget("a");
    pass(one, Duration.ofSeconds(1));
    one.say("a", Word.KNOWN);
    clock.advance(NodeModel.GRACE.plus(NodeModel.INTERVAL));

    one.pass(() -> store.beforeNextWrite(writes -> one.addBeside("a")));

    assertHeldBy("net.a");
    assertEquals(List.of(), one.audit());
  }

  @Test
  void leavesPodsAloneThatOurCniServerDidNotAttach() throws Exception {
    one.ipam().assign(request("k8s-pod-network.0f3a", "n1"), a -> List.of());

    pass(one, NodeModel.GRACE);
    pass(one, NodeModel.GRACE);
    pass(one, NodeModel.GRACE);

    assertHeldBy("k8s-pod-network.0f3a");
  }

  // ---- blocks

  @Test
  void givesSpareBlocksBackButNeverTheLast() throws Exception {
    for (int i = 0; i < 17; i++) {
      one.add("p" + i);
    }
    assertTrue(cluster.blocks().size() >= 6, cluster.blocks().toString());
    for (int i = 0; i < 17; i++) {
      one.detach("p" + i);
    }

    for (int i = 0; i < 40; i++) {
      pass(one, NodeModel.INTERVAL);
    }

    // One with all addresses free is what the last may not go below, for each family.
    assertEquals(2, cluster.blocks().size());
    assertEquals(2, store.list(BlockAffinity.KIND).entries().size());
    cluster.checkInvariants();
  }

  // ---- nodes

  @Test
  void freesADeletedNodeAfterTheGracePeriod() throws Exception {
    one.add("a");
    two.add("b");
    two.lose();
    store.delete(Key.of(Node.KIND, "n2"), Expected.ANY);
    pass(one, Duration.ZERO);

    pass(one, NodeModel.GRACE.minusSeconds(1));
    assertHeldBy("net.a", "net.b");

    pass(one, Duration.ofSeconds(1));
    assertHeldBy("net.a");
    assertEquals(2, store.list(BlockAffinity.KIND).entries().size());
    assertEquals(2, cluster.blocks().size());
    assertEquals(1, store.list(WorkloadEndpoint.KIND).entries().size());
    assertEquals(1, store.list(IpamHandle.KIND).entries().size());
  }

  @Test
  void aDeadAgentOrAPartitionFreesNothing() throws Exception {
    two.add("b");
    two.kill();

    for (int i = 0; i < 50; i++) {
      pass(one, NodeModel.INTERVAL);
    }

    assertHeldBy("net.b");
  }

  @Test
  void repairsNothingWhileItsOwnNodeIsMissing() throws Exception {
    one.add("a");
    one.forget("a");
    two.add("b");
    store.delete(Key.of(Node.KIND, "n1"), Expected.ANY);
    store.delete(Key.of(Node.KIND, "n2"), Expected.ANY);

    for (int i = 0; i < 50; i++) {
      pass(one, NodeModel.INTERVAL);
    }

    assertHeldBy("net.a", "net.b");
  }

  // ---- what a node has lost

  @Test
  void getsBackAnAddressThatNobodyHolds() throws Exception {
    one.add("a");
    two.ipam().release("net.a", List.of());

    pass(one, Duration.ofSeconds(1));
    pass(one, Duration.ofSeconds(1));

    assertEquals(one.live.get("net.a"), List.copyOf(cluster.allocations().keySet()));
    pass(one, Duration.ofSeconds(1));
    assertEquals(Optional.empty(), one.ipam().refusal());
    assertEquals(List.of(), one.audit());
  }

  @Test
  void refusesPodsWhileSomebodyElseHasItsAddress() throws Exception {
    one.add("a");
    String address = one.live.get("net.a").get(0);
    two.ipam().release("net.a", List.of());
    two.ipam().assign(Cluster.certain("thief", "n2", address), a -> List.of());

    pass(one, Duration.ofSeconds(1));
    pass(one, Duration.ofSeconds(1));

    String said =
        "address "
            + address
            + ": used by WorkloadEndpoint/default/n1-cni-a-eth0 on this node and held by thief on"
            + " node n2";
    assertEquals(Health.Status.DOWN, one.health().status());
    assertTrue(one.health().detail().contains(said), one.health().detail());
    IpamException refusal =
        assertThrows(
            IpamException.class,
            () -> one.ipam().assign(request("b", "n1", IpFamily.IPV4), a -> List.of()));
    assertEquals(Reason.NODE_LOST, refusal.reason());
    assertTrue(refusal.getMessage().contains(said), refusal.getMessage());

    one.detach("a");
    pass(one, Duration.ofSeconds(1));

    assertEquals(Health.Status.OK, one.health().status());
    one.ipam().assign(request("b", "n1", IpFamily.IPV4), a -> List.of());
  }

  @Test
  void aNodeThatWasDeletedWhileItRunsNamesWhatItHasLost() throws Exception {
    one.add("a");
    pass(one, Duration.ofSeconds(1));
    String address = one.live.get("net.a").get(0);
    store.delete(Key.of(Node.KIND, "n1"), Expected.ANY);
    two.ipam().free("n1");
    two.ipam().assign(Cluster.certain("thief", "n2", address), a -> List.of());

    pass(one, Duration.ofSeconds(1));
    pass(one, Duration.ofSeconds(1));

    String said = one.health().detail();
    assertTrue(said.contains("address " + address + ": used by WorkloadEndpoint/"), said);
    assertTrue(said.contains("held by thief on node n2"), said);
    assertTrue(said.contains("held by nobody"), said);
    assertTrue(one.ipam().refusal().isPresent());
    assertHeldBy("thief");
  }

  @Test
  void tellsOfALinkWithoutAnEndpoint() throws Exception {
    one.links.put("net.stray", "calistray");
    pass(one, Duration.ofSeconds(1));
    pass(one, Duration.ofSeconds(1));

    assertEquals(
        Health.degraded(
            "addresses",
            "link calistray: of net.stray, which has no endpoint in the store: see ipam:check"),
        one.health());
  }

  private void pass(NodeModel node, Duration later) {
    clock.advance(later);
    node.pass();
  }

  private void assertHeldBy(String... handles) throws Exception {
    Map<String, String> held = cluster.allocations();
    assertEquals(List.of(handles), held.values().stream().distinct().sorted().toList());
  }
}
