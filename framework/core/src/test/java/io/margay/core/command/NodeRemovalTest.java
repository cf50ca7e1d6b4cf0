// SPDX-License-Identifier: Apache-2.0
package io.margay.core.command;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.margay.api.console.CommandException;
import io.margay.api.ipam.AddressRequest;
import io.margay.api.ipam.AddressRequest.Use;
import io.margay.api.net.Cidr;
import io.margay.api.net.IpFamily;
import io.margay.api.resource.BgpConfiguration;
import io.margay.api.resource.BlockAffinity;
import io.margay.api.resource.FelixConfiguration;
import io.margay.api.resource.IpPool;
import io.margay.api.resource.IpamBlock;
import io.margay.api.resource.IpamHandle;
import io.margay.api.resource.Node;
import io.margay.api.resource.NodeModeStatus;
import io.margay.api.resource.Resource;
import io.margay.api.resource.Resources;
import io.margay.api.resource.WorkloadEndpoint;
import io.margay.api.store.Expected;
import io.margay.api.store.Key;
import io.margay.api.store.StoreException;
import io.margay.api.store.Write;
import io.margay.core.query.Liveness;
import io.margay.core.query.NodeQueries;
import io.margay.core.query.QueryResponder;
import io.margay.ipam.BlockIpam;
import io.margay.testkit.FakeStore;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class NodeRemovalTest {
  private static final Key LOST = Key.of(Node.KIND, "lost");

  private final FakeStore store = new FakeStore(Runnable::run);
  private final BlockIpam ipam = new BlockIpam(store, Clock.systemUTC());
  private final NodeRemoval removal =
      new NodeRemoval(
          store, ipam, new NodeQueries(store, "n1", Clock.systemUTC()), Duration.ofMillis(20));

  @BeforeEach
  void aNodeWithPodsAndTunnels() throws Exception {
    put(Node.of("n1"));
    put(Node.of("lost"));
    put(IpPool.of("blue", Cidr.parse("10.65.0.0/24"), 26));
    put(IpPool.of("six", Cidr.parse("fd00:65::/64"), 122));
    for (String node : List.of("n1", "lost")) {
      WorkloadEndpoint endpoint =
          WorkloadEndpoint.ofContainer("default", node, "c", "eth0", "calic")
              .withAnnotation("margay.io/handle", java.util.Optional.of("net." + node));
      assign("net." + node, node, Use.WORKLOAD, endpoint);
      assign("vxlan-v6-tunnel-addr-" + node, node, Use.TUNNEL);
      put(FelixConfiguration.KIND, "node." + node);
      put(BgpConfiguration.KIND, "node." + node);
    }
  }

  @AfterEach
  void close() {
    ipam.close();
  }

  @Test
  void freesAllThatANodeHeldAndNothingOfOthers() throws Exception {
    assertEquals(
        "with it 1 endpoint, 4 addresses, 2 blocks, FelixConfiguration/node.lost,"
            + " BGPConfiguration/node.lost",
        removal.remove(LOST));

    for (String kind :
        List.of(
            Node.KIND,
            BlockAffinity.KIND,
            IpamBlock.KIND,
            IpamHandle.KIND,
            WorkloadEndpoint.KIND,
            FelixConfiguration.KIND,
            BgpConfiguration.KIND,
            NodeModeStatus.KIND)) {
      store
          .list(kind)
          .entries()
          .forEach(
              entry ->
                  assertTrue(
                      !new String(entry.json(), StandardCharsets.UTF_8).contains("lost"),
                      entry.key().toString()));
    }
    assertEquals(2, store.list(IpamBlock.KIND).entries().size());
    assertEquals(2, store.list(IpamHandle.KIND).entries().size());
    assertEquals(1, store.list(WorkloadEndpoint.KIND).entries().size());
  }

  @Test
  void refusesWhileTheAgentAnswers() throws Exception {
    QueryResponder agent =
        new QueryResponder(
            "lost",
            Runnable::run,
            (delay, task) -> {},
            Runnable::run,
            Clock.systemUTC(),
            List.of(new Liveness()));
    agent.bind(store);

    assertThrows(CommandException.class, () -> removal.remove(LOST));

    assertTrue(store.get(LOST).isPresent());
    assertEquals(4, store.list(IpamHandle.KIND).entries().size());
    assertTrue(removal.removeAnyway("lost").contains("4 addresses"));
  }

  @Test
  void finishesWhatWasCutShortAtAnyWrite() throws Exception {
    int writes = 0;
    boolean crashed = true;
    while (crashed) {
      aNodeWithPodsAndTunnels();
      store.crashAfter(writes++);
      try {
        removal.removeAnyway("lost");
        crashed = false;
      } catch (CommandException e) {
        store.restore();
        removal.removeAnyway("lost");
      }
      store.restore();
      assertEquals(2, store.list(IpamHandle.KIND).entries().size(), "after " + writes);
      assertEquals(2, store.list(BlockAffinity.KIND).entries().size(), "after " + writes);
      assertEquals(1, store.list(FelixConfiguration.KIND).entries().size(), "after " + writes);
    }
    assertTrue(writes > 8, writes + " places to crash at");
  }

  private void assign(String handle, String node, Use use, Resource... along) throws Exception {
    ipam.assign(
        new AddressRequest(
            handle,
            node,
            use,
            Set.of(IpFamily.values()),
            List.of(),
            List.of(),
            Map.of(),
            Map.of("node", node)),
        a ->
            List.of(along).stream()
                .map(r -> Write.put(r.key(), r.toJson(), Expected.ANY))
                .toList());
  }

  private void put(Resource resource) throws StoreException {
    store.put(resource.key(), resource.toJson(), Expected.ANY);
  }

  private void put(String kind, String name) throws Exception {
    String json =
        "{\"apiVersion\":\"projectcalico.org/v3\",\"kind\":\"%s\",\"metadata\":{\"name\":\"%s\"},"
            + "\"spec\":{}}";
    put(Resources.parse(json.formatted(kind, name).getBytes(StandardCharsets.UTF_8)));
  }
}
