// SPDX-License-Identifier: Apache-2.0
package io.margay.core.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.margay.api.mode.Info;
import io.margay.api.mode.Settings;
import io.margay.api.net.Cidr;
import io.margay.api.net.Ip;
import io.margay.api.net.IpFamily;
import io.margay.api.resource.IpPool;
import io.margay.api.resource.Node;
import io.margay.core.view.ClusterView;
import io.margay.core.view.NodeEntry;
import io.margay.core.view.PoolMode;
import io.margay.core.view.Readers;
import io.margay.core.view.TunnelFields;
import java.net.InetAddress;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class SupposedClusterTest {
  private static final Info IPIP = Info.of("ipip").withTunnelAddresses(Set.of(IpFamily.IPV4));
  private static final PoolMode MODE = PoolMode.parse("ipip/CrossSubnet");

  private static final String KEY = TunnelFields.key("ipip", IpFamily.IPV4);

  @Test
  void givesThePoolTheModeAndEachNodeAnAddressWithoutANumber() throws Exception {
    ClusterView now = view(Map.of(), Map.of());

    SupposedCluster supposed = SupposedCluster.of(now, "blue", MODE, IPIP);

    assertEquals(MODE, supposed.view().pools().get("blue").mode());
    InetAddress address = address(supposed, "n1");
    assertEquals(
        "+ address <ipip address of n1>/32 dev tunl0",
        supposed.text("+ address " + Ip.text(address) + "/32 dev tunl0"));
    assertEquals(PoolMode.DIRECT, now.pools().get("blue").mode());
  }

  @Test
  void keepsAddressesThatNodesHaveOrHaveParked() throws Exception {
    InetAddress has = Ip.parse("10.65.0.1");
    InetAddress parked = Ip.parse("10.65.0.2");

    SupposedCluster first =
        SupposedCluster.of(view(Map.of(KEY, has), Map.of()), "blue", MODE, IPIP);
    SupposedCluster second =
        SupposedCluster.of(view(Map.of(), Map.of(KEY, parked)), "blue", MODE, IPIP);

    assertEquals(has, address(first, "n1"));
    assertEquals(parked, address(second, "n1"));
    assertEquals("a route via 10.65.0.2", second.text("a route via 10.65.0.2"));
  }

  private static InetAddress address(SupposedCluster supposed, String node) {
    return supposed.view().nodes().get(node).tunnelAddresses().values().iterator().next();
  }

  private static ClusterView view(
      Map<String, InetAddress> addresses, Map<String, InetAddress> parked) throws Exception {
    NodeEntry read = Readers.node(Node.of("n1"));
    NodeEntry node =
        new NodeEntry("n1", read.addresses(), addresses, parked, Map.of(), Map.of(), read.labels());
    return new ClusterView(
        "n1",
        Map.of("n1", node),
        Map.of("blue", Readers.pool(IpPool.of("blue", Cidr.parse("10.65.0.0/16")))),
        List.of(),
        List.of(),
        new Settings(Map.of()));
  }
}
