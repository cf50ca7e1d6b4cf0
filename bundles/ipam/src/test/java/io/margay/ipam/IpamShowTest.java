// SPDX-License-Identifier: Apache-2.0
package io.margay.ipam;

import static io.margay.ipam.Cluster.request;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.margay.api.console.Invocation;
import io.margay.api.console.Output;
import io.margay.testkit.FakeStore;
import java.time.Clock;
import java.util.ArrayList;
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
        PoolRow[pool=blue, cidr=10.65.0.0/30, addresses=4, inUse=2, blocks=2]
        PoolRow[pool=six, cidr=fd00:65::/122, addresses=64, inUse=0, blocks=0]
        """,
        run(show, Map.of()));
    assertEquals(
        """
        PoolRow[pool=blue, cidr=10.65.0.0/30, addresses=2, inUse=1, blocks=1]
        PoolRow[pool=six, cidr=fd00:65::/122, addresses=0, inUse=0, blocks=0]
        """,
        run(show, Map.of("node", "node2")));
    String block = cluster.blocks().get(0).owner().equals(Optional.of("node1")) ? "0" : "2";
    assertEquals(
        """
        BlockRow[block=10.65.0.X/31, pool=blue, node=node1, addresses=2, inUse=1, free=1]
        """
            .replace("X", block),
        run(show, Map.of("blocks", "", "node", "node1")));
    assertEquals(List.of("node1", "node2"), show.complete("node"));
    ipam.close();
  }

  private static String run(IpamShow show, Map<String, String> given) throws Exception {
    List<String> lines = new ArrayList<>();
    show.run(new FakeInvocation(given), new FakeOutput(lines));
    return String.join("\n", lines) + "\n";
  }

  private record FakeInvocation(Map<String, String> given) implements Invocation {
    @Override
    public Optional<String> value(String name) {
      return Optional.ofNullable(given.get(name));
    }

    @Override
    public List<String> values(String name) {
      return value(name).stream().toList();
    }

    @Override
    public boolean has(String flag) {
      return given.containsKey(flag);
    }

    @Override
    public byte[] input() {
      return new byte[0];
    }
  }

  private record FakeOutput(List<String> lines) implements Output {
    @Override
    public void row(Record row) {
      lines.add(row.toString());
    }

    @Override
    public void message(String text) {
      lines.add(text);
    }

    @Override
    public boolean isClosed() {
      return false;
    }

    @Override
    public void flush() {}
  }
}
