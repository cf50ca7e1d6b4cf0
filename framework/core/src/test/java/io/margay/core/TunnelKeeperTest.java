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
import io.margay.api.resource.Resource;
import io.margay.api.store.Entry;
import io.margay.api.store.Expected;
import io.margay.api.store.Key;
import io.margay.api.store.StoreException;
import io.margay.core.plan.TunnelAddresses;
import io.margay.core.plan.Wanted;
import io.margay.core.view.Mirror;
import io.margay.ipam.BlockIpam;
import io.margay.testkit.FakeStore;
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

/** With the real address assignment, whose thread only runs while the test waits for it. */
class TunnelKeeperTest {
  private static final Map<String, String> RACK = Map.of("rack", "1");

  private final ManualAgent agent = new ManualAgent();
  private final FakeStore store = new FakeStore(Runnable::run);
  private final BlockIpam ipam = new BlockIpam(store);
  private final Mirror mirror = new Mirror("n1");
  private final Modes modes = new Modes();
  private TunnelKeeper keeper;

  @BeforeEach
  void cluster() throws Exception {
    mirror
        .watches()
        .forEach((kind, filter) -> store.watch(kind, filter, e -> mirror.apply(kind, e)));
    put(Node.of("n1").withLabels(RACK));
    addMode("ipip", Set.of(IpFamily.IPV4));
    addMode("vxlan", Set.of(IpFamily.IPV4, IpFamily.IPV6));
    addMode("srv6", Set.of(IpFamily.IPV6));
    keeper = keeper();
  }

  @AfterEach
  void stop() {
    ipam.close();
  }

  @Test
  void assignsAsCalicoDoes() throws Exception {
    put(pool("ipip", "10.65.0.0/16").withModes(Encapsulation.ALWAYS, Encapsulation.NEVER));
    put(pool("vxlan", "10.66.0.0/16").withModes(Encapsulation.NEVER, Encapsulation.CROSS_SUBNET));
    put(pool("vxlan6", "fd00:66::/64").withModes(Encapsulation.NEVER, Encapsulation.ALWAYS));

    want();

    InetAddress ipip = node().ipv4IpipTunnelAddr().orElseThrow();
    InetAddress vxlan = node().vxlanTunnelAddr(IpFamily.IPV4).orElseThrow();
    InetAddress vxlan6 = node().vxlanTunnelAddr(IpFamily.IPV6).orElseThrow();
    assertEquals(holder("ipip-tunnel-addr-n1", "ipipTunnelAddress"), holder(ipip));
    assertEquals(holder("vxlan-tunnel-addr-n1", "vxlanTunnelAddress"), holder(vxlan));
    assertEquals(holder("vxlan-v6-tunnel-addr-n1", "vxlanV6TunnelAddress"), holder(vxlan6));
    assertTrue(Cidr.parse("10.65.0.0/16").contains(ipip));
    assertTrue(Cidr.parse("10.66.0.0/16").contains(vxlan));
    assertEquals(List.of(), keeper.faults());
  }

  @Test
  void keepsTheAddressOfAVendorsModeInAnAnnotation() throws Exception {
    put(
        pool("p", "fd00:66::/64")
            .withAnnotation(IpPool.MODE_ANNOTATION, Optional.of("srv6/CrossSubnet")));

    want();

    InetAddress address = mirror.view().own().orElseThrow().tunnelAddresses().get("srv6/IPV6");
    assertEquals(
        Optional.of("{\"srv6/IPV6\":\"" + Ip.text(address) + "\"}"),
        node().metadata().annotation("margay.io/tunnel-addresses"));
    assertEquals(holder("srv6-v6-tunnel-addr-n1", "srv6V6TunnelAddress"), holder(address));
  }

  @Test
  void writesNothingWhenItStartsAgain() throws Exception {
    put(pool("p", "10.65.0.0/16").withModes(Encapsulation.ALWAYS, Encapsulation.NEVER));
    want();
    long before = revision();

    keeper = keeper();
    want();

    assertEquals(before, revision());
    assertEquals(1, held());
  }

  @Test
  void writesTheAddressAgainThatSomebodyTookOutOfTheNode() throws Exception {
    put(pool("p", "10.65.0.0/16").withModes(Encapsulation.ALWAYS, Encapsulation.NEVER));
    want();
    want();
    Node before = node();

    put(before.withIpv4IpipTunnelAddr(Optional.empty()));
    want();

    assertEquals(before, node());
    assertEquals(1, held());
  }

  @Test
  void keepsTheAddressOfAPoolThatIsDisabled() throws Exception {
    IpPool pool = pool("p", "10.65.0.0/16").withModes(Encapsulation.ALWAYS, Encapsulation.NEVER);
    put(pool);
    want();
    Node before = node();

    put(pool.withDisabled(true));
    want();
    keeper = keeper();
    want();

    assertEquals(before, node());
    assertEquals(1, held());
    assertEquals(List.of(), keeper.faults());
  }

  @Test
  void movesToAPoolThatFits() throws Exception {
    IpPool first = pool("a", "10.65.0.0/16").withModes(Encapsulation.ALWAYS, Encapsulation.NEVER);
    put(first);
    want();

    put(pool("b", "10.66.0.0/16").withModes(Encapsulation.ALWAYS, Encapsulation.NEVER));
    put(first.withNodeSelector("rack == '2'"));
    want();

    InetAddress address = node().ipv4IpipTunnelAddr().orElseThrow();
    assertTrue(Cidr.parse("10.66.0.0/16").contains(address));
    assertEquals(1, held());
  }

  @Test
  void staysWithAnAddressThatNoLongerFitsWhereThereIsNoOther() throws Exception {
    IpPool pool = pool("a", "10.65.0.0/16").withModes(Encapsulation.ALWAYS, Encapsulation.NEVER);
    put(pool);
    want();
    Node before = node();

    put(pool.withAllowedUses(Set.of(AllowedUse.WORKLOAD)));
    want();

    assertEquals(before, node());
    assertEquals(
        List.of(
            "tunnel address ipip/IPV4: no pool with allowedUses Tunnel among those of mode ipip"
                + " selects node n1; "
                + Ip.text(before.ipv4IpipTunnelAddr().orElseThrow())
                + " stays as it is"),
        keeper.faults());
  }

  @Test
  void takesAddressesOnlyFromPoolsForTunnels() throws Exception {
    put(
        pool("pods", "10.65.0.0/16")
            .withModes(Encapsulation.ALWAYS, Encapsulation.NEVER)
            .withAllowedUses(Set.of(AllowedUse.WORKLOAD)));
    put(
        pool("tunnels", "10.66.0.0/24")
            .withModes(Encapsulation.ALWAYS, Encapsulation.NEVER)
            .withAllowedUses(Set.of(AllowedUse.TUNNEL)));
    put(pool("other", "10.67.0.0/24"));

    want();

    InetAddress address = node().ipv4IpipTunnelAddr().orElseThrow();
    assertTrue(Cidr.parse("10.66.0.0/24").contains(address));
  }

  @Test
  void triesAgainWhenAPoolIsFull() throws Exception {
    IpPool full =
        IpPool.of("p", Cidr.parse("10.65.0.0/32"), 32)
            .withModes(Encapsulation.ALWAYS, Encapsulation.NEVER);
    put(full);
    IpamBlock block =
        IpamBlock.claimedBy("n2", full.cidr(), Instant.EPOCH)
            .withAssigned(List.of(Ip.parse("10.65.0.0")), Allocation.of("net.c9", Map.of()));
    put(block);

    want();

    assertEquals(Optional.empty(), node().ipv4IpipTunnelAddr());
    assertEquals(1, keeper.faults().size(), "says why");
    assertTrue(keeper.faults().get(0).contains("10.65.0.0/32"), keeper.faults().get(0));

    put(pool("q", "10.66.0.0/24").withModes(Encapsulation.ALWAYS, Encapsulation.NEVER));
    want();

    assertTrue(node().ipv4IpipTunnelAddr().isPresent());
    assertEquals(List.of(), keeper.faults());
  }

  @Test
  void waitsForTheStoreWithoutGivingUp() throws Exception {
    put(pool("p", "10.65.0.0/16").withModes(Encapsulation.ALWAYS, Encapsulation.NEVER));
    store.lose("no route to the store");
    want();
    assertEquals(1, keeper.faults().size());

    store.restore();
    agent.pass(Duration.ofSeconds(2));

    assertTrue(node().ipv4IpipTunnelAddr().isPresent());
    assertEquals(List.of(), keeper.faults());
  }

  @Test
  void saysThatNobodyAssignsAddresses() throws Exception {
    put(pool("p", "10.65.0.0/16").withModes(Encapsulation.ALWAYS, Encapsulation.NEVER));
    keeper.unbindIpam(ipam);

    want();

    assertEquals(List.of("no bundle provides address assignment"), keeper.faults());
    keeper.bindIpam(ipam);
    agent.runAll();
    assertTrue(node().ipv4IpipTunnelAddr().isPresent());
  }

  @Test
  void leavesTheHandlesOfOtherNodesAlone() throws Exception {
    put(pool("p", "10.65.0.0/16").withModes(Encapsulation.ALWAYS, Encapsulation.NEVER));
    put(IpamHandle.of("ipip-tunnel-addr-n0"));

    want();

    assertEquals(2, store.list(IpamHandle.KIND).entries().size());
  }

  private TunnelKeeper keeper() {
    TunnelKeeper made = new TunnelKeeper("n1", agent, agent.io(), () -> {});
    made.bindStore(store);
    made.bindIpam(ipam);
    return made;
  }

  /** As a reconciliation does. */
  private void want() {
    agent.runAll();
    Map<String, List<String>> inUse =
        Wanted.of(mirror.view(), Map.of(), m -> modes.active(m).isPresent()).byMode();
    keeper.want(mirror.view(), TunnelAddresses.of(mirror.view(), modes.infos(), inUse));
    agent.runAll();
  }

  private void addMode(String name, Set<IpFamily> tunnels) {
    TestMode mode = new TestMode(name);
    mode.tunnels = tunnels;
    modes.add(
        modes.all().size(),
        new ModePlanner(
            mode, "test", agent, agent.planThread(name), Duration.ofSeconds(2), () -> {}));
  }

  private void put(Resource resource) throws StoreException {
    store.put(resource.key(), resource.toJson(), Expected.ANY);
  }

  private static IpPool pool(String name, String cidr) {
    return IpPool.of(name, Cidr.parse(cidr));
  }

  private Node node() throws Exception {
    return Node.parse(store.get(Key.of(Node.KIND, "n1")).orElseThrow().json());
  }

  private static Allocation holder(String handle, String type) {
    return Allocation.of(handle, Map.of("type", type, "node", "n1"));
  }

  private Allocation holder(InetAddress address) throws Exception {
    for (Entry entry : store.list(IpamBlock.KIND).entries()) {
      IpamBlock block = IpamBlock.parse(entry.json());
      if (block.cidr().contains(address)) {
        return block.holder(address).orElseThrow();
      }
    }
    throw new AssertionError(Ip.text(address) + " is in no block");
  }

  /** Number of addresses assigned to anybody. */
  private int held() throws Exception {
    int sum = 0;
    for (Entry entry : store.list(IpamBlock.KIND).entries()) {
      sum += IpamBlock.parse(entry.json()).allocations().size();
    }
    return sum;
  }

  private long revision() throws Exception {
    return Math.max(
        store.list(Node.KIND).revision().number(), store.list(IpamBlock.KIND).revision().number());
  }
}
