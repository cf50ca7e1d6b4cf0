// SPDX-License-Identifier: Apache-2.0
package io.margay.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.margay.api.net.Cidr;
import io.margay.api.net.Ip;
import io.margay.api.net.IpFamily;
import io.margay.api.resource.Allocation;
import io.margay.api.resource.Encapsulation;
import io.margay.api.resource.IpPool;
import io.margay.api.resource.IpPool.AllowedUse;
import io.margay.api.resource.IpamBlock;
import io.margay.api.resource.IpamHandle;
import io.margay.api.resource.Node;
import java.net.InetAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class TunnelKeeperTest {
  private TunnelNode n1;

  @BeforeEach
  void cluster() throws Exception {
    n1 = new TunnelNode();
    n1.addMode("ipip", Set.of(IpFamily.IPV4));
    n1.addMode("vxlan", Set.of(IpFamily.IPV4, IpFamily.IPV6));
    n1.addMode("srv6", Set.of(IpFamily.IPV6));
  }

  @AfterEach
  void stop() {
    n1.close();
  }

  @Test
  void assignsAsCalicoDoes() throws Exception {
    n1.put(pool("ipip", "10.65.0.0/16").withModes(Encapsulation.ALWAYS, Encapsulation.NEVER));
    n1.put(
        pool("vxlan", "10.66.0.0/16").withModes(Encapsulation.NEVER, Encapsulation.CROSS_SUBNET));
    n1.put(pool("vxlan6", "fd00:66::/64").withModes(Encapsulation.NEVER, Encapsulation.ALWAYS));

    n1.reconcile();

    InetAddress ipip = n1.node().ipv4IpipTunnelAddr().orElseThrow();
    InetAddress vxlan = n1.node().vxlanTunnelAddr(IpFamily.IPV4).orElseThrow();
    InetAddress vxlan6 = n1.node().vxlanTunnelAddr(IpFamily.IPV6).orElseThrow();
    assertEquals(holder("ipip-tunnel-addr-n1", "ipipTunnelAddress"), n1.holder(ipip));
    assertEquals(holder("vxlan-tunnel-addr-n1", "vxlanTunnelAddress"), n1.holder(vxlan));
    assertEquals(holder("vxlan-v6-tunnel-addr-n1", "vxlanV6TunnelAddress"), n1.holder(vxlan6));
    assertTrue(Cidr.parse("10.65.0.0/16").contains(ipip));
    assertTrue(Cidr.parse("10.66.0.0/16").contains(vxlan));
    assertEquals(List.of(), n1.keeper.faults());
  }

  @Test
  void keepsTheAddressOfAVendorsModeInAnAnnotation() throws Exception {
    n1.put(
        pool("p", "fd00:66::/64")
            .withAnnotation(IpPool.MODE_ANNOTATION, Optional.of("srv6/CrossSubnet")));

    n1.reconcile();

    InetAddress address = n1.mirror.view().own().orElseThrow().tunnelAddresses().get("srv6/IPV6");
    assertEquals(
        Optional.of("{\"srv6/IPV6\":\"" + Ip.text(address) + "\"}"),
        n1.node().metadata().annotation("margay.io/tunnel-addresses"));
    assertEquals(holder("srv6-v6-tunnel-addr-n1", "srv6V6TunnelAddress"), n1.holder(address));
  }

  @Test
  void writesNothingWhenItStartsAgain() throws Exception {
    n1.put(pool("p", "10.65.0.0/16").withModes(Encapsulation.ALWAYS, Encapsulation.NEVER));
    n1.reconcile();
    long before = n1.revision();

    n1.restart();
    n1.reconcile();

    assertEquals(before, n1.revision());
    assertEquals(1, n1.held());
  }

  @Test
  void writesTheAddressAgainThatSomebodyTookOutOfTheNode() throws Exception {
    n1.put(pool("p", "10.65.0.0/16").withModes(Encapsulation.ALWAYS, Encapsulation.NEVER));
    n1.reconcile();
    n1.reconcile();
    Node before = n1.node();

    n1.put(before.withIpv4IpipTunnelAddr(Optional.empty()));
    n1.reconcile();

    assertEquals(before, n1.node());
    assertEquals(1, n1.held());
  }

  @Test
  void keepsTheAddressOfAPoolThatIsDisabled() throws Exception {
    IpPool pool = pool("p", "10.65.0.0/16").withModes(Encapsulation.ALWAYS, Encapsulation.NEVER);
    n1.put(pool);
    n1.reconcile();
    Node before = n1.node();

    n1.put(pool.withDisabled(true));
    n1.reconcile();
    n1.restart();
    n1.reconcile();

    assertEquals(before, n1.node());
    assertEquals(1, n1.held());
    assertEquals(List.of(), n1.keeper.faults());
  }

  @Test
  void keepsTheAddressOfAPoolThatGoesAnotherWay() throws Exception {
    IpPool first = pool("a", "10.65.0.0/16").withModes(Encapsulation.ALWAYS, Encapsulation.NEVER);
    n1.put(first);
    n1.reconcile();
    Node before = n1.node();

    n1.put(pool("b", "10.66.0.0/16").withModes(Encapsulation.ALWAYS, Encapsulation.NEVER));
    n1.put(first.withModes(Encapsulation.NEVER, Encapsulation.NEVER));
    n1.reconcile();

    assertEquals(before, n1.node(), "others have routes to it");
    assertEquals(1, n1.held());
  }

  @Test
  void movesToAPoolThatFits() throws Exception {
    IpPool first = pool("a", "10.65.0.0/16").withModes(Encapsulation.ALWAYS, Encapsulation.NEVER);
    n1.put(first);
    n1.reconcile();

    n1.put(pool("b", "10.66.0.0/16").withModes(Encapsulation.ALWAYS, Encapsulation.NEVER));
    n1.put(first.withNodeSelector("rack == '2'"));
    n1.reconcile();

    InetAddress address = n1.node().ipv4IpipTunnelAddr().orElseThrow();
    assertTrue(Cidr.parse("10.66.0.0/16").contains(address));
    assertEquals(1, n1.held());
  }

  @Test
  void staysWithAnAddressThatNoLongerFitsWhereThereIsNoOther() throws Exception {
    IpPool pool = pool("a", "10.65.0.0/16").withModes(Encapsulation.ALWAYS, Encapsulation.NEVER);
    n1.put(pool);
    n1.reconcile();
    Node before = n1.node();

    n1.put(pool.withAllowedUses(Set.of(AllowedUse.WORKLOAD)));
    n1.reconcile();

    assertEquals(before, n1.node());
    assertEquals(
        List.of(
            "tunnel address ipip/IPV4: no pool with allowedUses Tunnel among those of mode ipip"
                + " selects node n1; "
                + Ip.text(before.ipv4IpipTunnelAddr().orElseThrow())
                + " stays as it is"),
        n1.keeper.faults());
  }

  @Test
  void takesAddressesOnlyFromPoolsForTunnels() throws Exception {
    n1.put(
        pool("pods", "10.65.0.0/16")
            .withModes(Encapsulation.ALWAYS, Encapsulation.NEVER)
            .withAllowedUses(Set.of(AllowedUse.WORKLOAD)));
    n1.put(
        pool("tunnels", "10.66.0.0/24")
            .withModes(Encapsulation.ALWAYS, Encapsulation.NEVER)
            .withAllowedUses(Set.of(AllowedUse.TUNNEL)));
    n1.put(pool("other", "10.67.0.0/24"));

    n1.reconcile();

    InetAddress address = n1.node().ipv4IpipTunnelAddr().orElseThrow();
    assertTrue(Cidr.parse("10.66.0.0/24").contains(address));
  }

  @Test
  void triesAgainWhenAPoolIsFull() throws Exception {
    IpPool full =
        IpPool.of("p", Cidr.parse("10.65.0.0/32"), 32)
            .withModes(Encapsulation.ALWAYS, Encapsulation.NEVER);
    n1.put(full);
    IpamBlock block =
        IpamBlock.claimedBy("n2", full.cidr(), Instant.EPOCH)
            .withAssigned(List.of(Ip.parse("10.65.0.0")), Allocation.of("net.c9", Map.of()));
    n1.put(block);

    n1.reconcile();

    assertEquals(Optional.empty(), n1.node().ipv4IpipTunnelAddr());
    assertEquals(1, n1.keeper.faults().size(), "says why");
    assertTrue(n1.keeper.faults().get(0).contains("10.65.0.0/32"), n1.keeper.faults().get(0));

    n1.put(pool("q", "10.66.0.0/24").withModes(Encapsulation.ALWAYS, Encapsulation.NEVER));
    n1.reconcile();

    assertTrue(n1.node().ipv4IpipTunnelAddr().isPresent());
    assertEquals(List.of(), n1.keeper.faults());
  }

  @Test
  void waitsForTheStoreWithoutGivingUp() throws Exception {
    n1.put(pool("p", "10.65.0.0/16").withModes(Encapsulation.ALWAYS, Encapsulation.NEVER));
    n1.store.lose("no route to the store");
    n1.reconcile();
    assertEquals(1, n1.keeper.faults().size());

    n1.store.restore();
    n1.agent.pass(Duration.ofSeconds(2));

    assertTrue(n1.node().ipv4IpipTunnelAddr().isPresent());
    assertEquals(List.of(), n1.keeper.faults());
  }

  @Test
  void saysThatNobodyAssignsAddresses() throws Exception {
    n1.put(pool("p", "10.65.0.0/16").withModes(Encapsulation.ALWAYS, Encapsulation.NEVER));
    n1.keeper.unbindIpam(n1.ipam);

    n1.reconcile();

    assertEquals(List.of("no bundle provides address assignment"), n1.keeper.faults());
    n1.keeper.bindIpam(n1.ipam);
    n1.agent.runAll();
    assertTrue(n1.node().ipv4IpipTunnelAddr().isPresent());
  }

  @Test
  void leavesTheHandlesOfOtherNodesAlone() throws Exception {
    n1.put(pool("p", "10.65.0.0/16").withModes(Encapsulation.ALWAYS, Encapsulation.NEVER));
    n1.put(IpamHandle.of("ipip-tunnel-addr-n0"));

    n1.reconcile();

    assertEquals(2, n1.store.list(IpamHandle.KIND).entries().size());
  }

  private static IpPool pool(String name, String cidr) {
    return IpPool.of(name, Cidr.parse(cidr));
  }

  private static Optional<Allocation> holder(String handle, String type) {
    return Optional.of(Allocation.of(handle, Map.of("type", type, "node", "n1")));
  }
}
