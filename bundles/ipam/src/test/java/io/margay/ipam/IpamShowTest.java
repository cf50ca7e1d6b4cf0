// SPDX-License-Identifier: Apache-2.0
package io.margay.ipam;

import static io.margay.ipam.Cluster.request;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.margay.api.console.CommandException;
import io.margay.testkit.FakeStore;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class IpamShowTest {
  @Test
  void showsPoolsBlocksAndNodes() throws Exception {
    FakeStore store = new FakeStore(Runnable::run);
    Cluster cluster = new Cluster(store);
    cluster.withPool("blue", "10.65.0.0/30", 31).withPool("six", "fd00:65::/122", 122);
    BlockIpam ipam = new BlockIpam(store, Clock.systemUTC());
    ipam.assign(request("a", "node1"), a -> List.of());
    ipam.assign(request("b", "node2"), a -> List.of());
    IpamShow show = new IpamShow(ipam);

    assertEquals(
        """
        PoolRow[pool=blue, cidr=10.65.0.0/30, blocks=2, addresses=4, inUse=2, used=50%]
        PoolRow[pool=six, cidr=fd00:65::/122, blocks=0, addresses=64, inUse=0, used=0%]
        """,
        run(show, Map.of()));
    assertEquals(
        """
        PoolRow[pool=blue, cidr=10.65.0.0/30, blocks=1, addresses=2, inUse=1, used=50%]
        PoolRow[pool=six, cidr=fd00:65::/122, blocks=0, addresses=0, inUse=0, used=0%]
        """,
        run(show, Map.of("node", "node2")));
    String block = cluster.blocks().get(0).owner().equals(Optional.of("node1")) ? "0" : "2";
    assertEquals(
        """
        BlockRow[block=10.65.0.X/31, pool=blue, node=Optional[node1], addresses=2, inUse=1, free=1, used=50%]
        """
            .replace("X", block),
        run(show, Map.of("blocks", "", "node", "node1")));
    assertEquals(List.of("node1", "node2"), show.complete("node"));
    CommandException refusal =
        assertThrows(CommandException.class, () -> run(show, Map.of("node", "node3")));
    assertEquals("node node3 has no block (expected: node1, node2)", refusal.getMessage());
    ipam.close();
  }

  private static String run(IpamShow show, Map<String, String> given) throws Exception {
    return new CommandRun(given).of(show);
  }
}
