// SPDX-License-Identifier: Apache-2.0
package io.margay.ipam;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.margay.api.net.Cidr;
import io.margay.api.net.Ip;
import io.margay.api.resource.BlockAffinity;
import io.margay.api.resource.BlockAffinity.State;
import io.margay.api.resource.IpPool;
import io.margay.api.resource.IpamBlock;
import io.margay.api.resource.IpamHandle;
import io.margay.api.resource.Node;
import io.margay.api.resource.WorkloadEndpoint;
import io.margay.api.store.Entry;
import io.margay.api.store.Expected;
import io.margay.api.store.Key;
import io.margay.testkit.FakeStore;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A cluster broken by hand: each fault is named, and what can be repaired is. */
class AuditTest {
  private final FakeStore store = new FakeStore(Runnable::run);
  private final Cluster cluster = new Cluster(store);
  private final TestClock clock = new TestClock();
  private NodeModel node;
  private Cidr block;
  private String address;

  @BeforeEach
  void twoPodsOnTwoNodes() throws Exception {
    cluster.withPool("blue", "10.65.0.0/24", 29).withPool("six", "fd00:65::/64", 125);
    cluster.with(Node.of("n1")).with(Node.of("n2"));
    node = new NodeModel("n1", store, new Random(0), clock);
    node.add("a");
    NodeModel other = new NodeModel("n2", store, new Random(0), clock);
    other.add("b");
    other.kill();
    address = node.live.get("net.a").get(0);
    block = Cidr.containing(Ip.parse(address), 29);
    assertEquals(List.of(), node.audit());
  }

  @AfterEach
  void stop() {
    node.kill();
  }

  @Test
  void aLinkThatIsGone() throws Exception {
    node.links.clear();

    assertRepairs(
        "addresses "
            + String.join(", ", node.live.get("net.a"))
            + ": held by net.a on this node, which has no link -> release");
    assertEquals(1, store.list(WorkloadEndpoint.KIND).entries().size());
  }

  @Test
  void aHandleThatIsLost() throws Exception {
    delete(IpamHandle.KIND, "net.a");

    assertRepairs(
        "addresses "
            + String.join(", ", node.live.get("net.a"))
            + ": held by net.a, and there is no such handle -> write the handle");
  }

  @Test
  void aHandleThatHoldsNothing() throws Exception {
    cluster.with(IpamHandle.of("net.x").plus(block, 1));

    assertRepairs("handle net.x: holds no address -> delete");
    assertEquals(2, store.list(IpamHandle.KIND).entries().size());
  }

  @Test
  void anAddressThatIsTakenOutOfItsBlock() throws Exception {
    change(b -> b.withReleased(List.of(Ip.parse(address))));

    assertFinds(
        "address "
            + address
            + ": used by WorkloadEndpoint/default/n1-cni-a-eth0 on this node and"
            + " held by nobody -> assign it again",
        "handle net.a: counts addresses that it does not hold -> correct the count");
    repair();
    assertEquals(List.of(), node.audit());
    assertEquals("net.a", cluster.allocations().get(address));
  }

  @Test
  void anAddressThatIsInNoQueue() throws Exception {
    String free = Ip.text(block(block).freeAddresses().get(0));
    String json = new String(block(block).toJson(), StandardCharsets.UTF_8);
    cluster.withJson(
        IpamBlock.KIND,
        IpamBlock.nameOf(block),
        json.replaceFirst("\"unallocated\":\\[[0-9]+,", "\"unallocated\":["));

    assertRepairs("block " + block + ": neither held nor free: " + free + " -> make them free");
  }

  @Test
  void aBlockThatIsDeleted() throws Exception {
    delete(IpamBlock.KIND, IpamBlock.nameOf(block));

    String found = texts(node.audit());
    assertTrue(
        found.contains("affinity of node n1 to " + block + ": there is no such block -> delete"),
        found);
    assertTrue(found.contains("address " + address + ": used by "), found);
    repair();
    repair();
    assertEquals("", texts(node.audit()));
    assertEquals("net.a", cluster.allocations().get(address));
  }

  @Test
  void anAffinityThatIsLost() throws Exception {
    delete(BlockAffinity.KIND, BlockAffinity.nameOf("n1", block));

    assertRepairs(
        "block "
            + block
            + ": is node n1's, which has no confirmed affinity to it -> confirm the affinity");
  }

  @Test
  void anAffinityToTheBlockOfAnother() throws Exception {
    cluster.with(BlockAffinity.of("n2", block, State.CONFIRMED));

    assertRepairs("affinity of node n2 to " + block + ": the block is node n1's -> delete");
  }

  @Test
  void whatADeletedNodeHolds() throws Exception {
    delete(Node.KIND, "n2");

    assertRepairs("node n2: does not exist and holds addresses, blocks or endpoints -> free them");
    assertEquals(2, cluster.blocks().size());
  }

  @Test
  void anEndpointOfNoPod() throws Exception {
    cluster.with(
        WorkloadEndpoint.ofContainer("default", "n1", "x", "eth0", "calix")
            .withAnnotation("margay.io/handle", Optional.of("net.x"))
            .withAnnotation("margay.io/network", Optional.of("net")));

    assertRepairs(
        "WorkloadEndpoint/default/n1-cni-x-eth0: has neither a link on this node nor addresses"
            + " -> delete");
  }

  @Test
  void aBlockInNoPool() throws Exception {
    cluster.with(IpamBlock.claimedBy("n1", Cidr.parse("10.99.0.0/29"), Instant.EPOCH));
    cluster.with(BlockAffinity.of("n1", Cidr.parse("10.99.0.0/29"), State.CONFIRMED));

    assertRepairs("block 10.99.0.0/29: is in no pool -> give back");
    delete(IpPool.KIND, "blue");
    assertTrue(
        texts(node.audit())
            .contains("block " + block + ": is in no pool -> create the pool, or delete the pods"));
  }

  @Test
  void whatAPersonMustDecide() throws Exception {
    cluster.with(
        WorkloadEndpoint.ofContainer("default", "n2", "x", "eth0", "calix")
            .withIpNetworks(List.of(Cidr.host(Ip.parse(address)))));
    node.links.put("net.stray", "calistray");
    cluster.withJson(BlockAffinity.KIND, "broken", "{}");

    String found = texts(node.audit());

    assertTrue(found.contains("address " + address + ": in both WorkloadEndpoint/default/"), found);
    assertTrue(
        found.contains(
            "link calistray: of net.stray, which has no endpoint in the store -> delete the pod"),
        found);
    assertTrue(found.contains("BlockAffinity/broken: cannot be read: "), found);
    assertTrue(node.audit().stream().allMatch(finding -> finding.fix().isEmpty()), found);
  }

  private void assertRepairs(String... expected) throws Exception {
    assertFinds(expected);
    repair();
    assertEquals("", texts(node.audit()));
  }

  private void assertFinds(String... expected) throws Exception {
    assertEquals(
        List.of(expected).stream().sorted().collect(Collectors.joining("\n")), texts(node.audit()));
  }

  private void repair() throws Exception {
    for (Finding finding : node.audit()) {
      if (finding.fix().isPresent()) {
        node.ipam().repairs("n1").apply(finding.fix().get());
      }
    }
  }

  private static String texts(List<Finding> findings) {
    return findings.stream()
        .map(finding -> finding + " -> " + finding.action())
        .sorted()
        .collect(Collectors.joining("\n"));
  }

  private interface Edit {
    IpamBlock of(IpamBlock block);
  }

  private void change(Edit edit) throws Exception {
    cluster.with(edit.of(block(block)));
  }

  private IpamBlock block(Cidr cidr) throws Exception {
    Entry entry = store.get(Blocks.key(cidr)).orElseThrow();
    return IpamBlock.parse(entry.json());
  }

  private void delete(String kind, String name) throws Exception {
    store.delete(Key.of(kind, name), Expected.ANY);
  }
}
