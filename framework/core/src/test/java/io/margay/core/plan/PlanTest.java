// SPDX-License-Identifier: Apache-2.0
package io.margay.core.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.margay.api.dataplane.ActualState.FibResult;
import io.margay.api.dataplane.ActualState.Interface;
import io.margay.api.dataplane.Address;
import io.margay.api.dataplane.BpfMap;
import io.margay.api.dataplane.BpfMapEntry;
import io.margay.api.dataplane.BpfProgram;
import io.margay.api.dataplane.KernelFacts;
import io.margay.api.dataplane.KernelObject;
import io.margay.api.dataplane.Link;
import io.margay.api.dataplane.Neighbour;
import io.margay.api.dataplane.NextHop;
import io.margay.api.dataplane.Route;
import io.margay.api.mode.Destination;
import io.margay.api.mode.Info;
import io.margay.api.mode.LocalNode;
import io.margay.api.mode.Peer;
import io.margay.api.mode.Plan;
import io.margay.api.mode.Sending;
import io.margay.api.mode.Settings;
import io.margay.api.mode.Variant;
import io.margay.api.mode.Wire;
import io.margay.api.net.Cidr;
import io.margay.api.net.InterfaceAddress;
import io.margay.api.net.Ip;
import io.margay.api.net.IpFamily;
import io.margay.api.net.MacAddress;
import io.margay.api.net.Rate;
import io.margay.api.resource.IpPool;
import io.margay.core.view.BlockEntry;
import io.margay.core.view.ClusterView;
import io.margay.core.view.EndpointEntry;
import io.margay.core.view.NodeEntry;
import io.margay.core.view.PoolEntry;
import io.margay.core.view.PoolMode;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PlanTest {
  private static final MacAddress MAC = MacAddress.parse("02:00:00:00:00:01");

  @Test
  void letsAPodSendFromOtherAddressesWhereThatIsAllowed() {
    EndpointEntry pod =
        new EndpointEntry(
            "net.c1",
            "cali1",
            Optional.empty(),
            List.of(Ip.parse("10.65.0.1")),
            List.of(Cidr.parse("192.0.2.0/24"), Cidr.parse("2001:db8::/64")),
            Optional.empty(),
            Optional.empty());

    String allowed = WorkloadObjects.of(pod, true).toString();
    assertTrue(allowed.contains("nft element prefixes4 { \"cali1\" . 192.0.2.0/24 }"), allowed);
    assertTrue(allowed.contains("nft element prefixes6 { \"cali1\" . 2001:db8::/64 }"), allowed);
    assertTrue(allowed.contains("rp_filter=0") || allowed.contains("rp_filter = 0"), allowed);
    String refused = WorkloadObjects.of(pod, false).toString();
    assertFalse(refused.contains("prefixes") || refused.contains("rp_filter = 0"), refused);
  }

  @Test
  void limitsWhatAPodReceives() {
    EndpointEntry pod =
        new EndpointEntry(
            "net.c1",
            "cali1",
            Optional.empty(),
            List.of(Ip.parse("10.65.0.1")),
            List.of(),
            Optional.of(new Rate(8_000_000, 100_000)),
            Optional.empty());

    assertTrue(
        WorkloadObjects.of(pod, false)
            .toString()
            .contains("qdisc dev cali1 root tbf rate 8000000bit burst 100000b"));
  }

  @Test
  void wiresADualStackPod() {
    EndpointEntry pod =
        new EndpointEntry(
            "net.c1",
            "cali1",
            Optional.of(MAC),
            List.of(Ip.parse("10.65.0.1"), Ip.parse("fd00:65::1")),
            Optional.empty());

    assertEquals(
        """
        link cali1 external
        sysctl net/ipv4/conf/cali1/forwarding = 1
        sysctl net/ipv4/conf/cali1/proxy_arp = 1
        sysctl net/ipv4/conf/cali1/route_localnet = 1
        sysctl net/ipv4/conf/cali1/rp_filter = 1
        sysctl net/ipv4/neigh/cali1/proxy_delay = 0
        sysctl net/ipv6/conf/cali1/disable_ipv6 = 0
        sysctl net/ipv6/conf/cali1/forwarding = 1
        sysctl net/ipv6/conf/cali1/proxy_ndp = 1
        sysctl net/ipv6/conf/cali1/accept_ra = 0
        neigh 10.65.0.1 dev cali1 lladdr 02:00:00:00:00:01 nud permanent
        neigh fd00:65::1 dev cali1 lladdr 02:00:00:00:00:01 nud permanent
        nft element pods { "cali1" }
        nft element sources4 { "cali1" . 10.65.0.1 }
        nft element sources6 { "cali1" . fd00:65::1 }
        route 10.65.0.1/32 dev cali1
        route fd00:65::1/128 dev cali1\
        """,
        WorkloadObjects.of(pod, false).toString());
  }

  @Test
  void forwardsTheFamiliesThatHaveAPool() {
    LocalNode self =
        new LocalNode("n1", Map.of(), Map.of(), Map.of(IpFamily.IPV6, "eth0"), 1500, Map.of());
    Underlay quiet = new Underlay(List.of(), Set.of(), Map.of(), Set.of(), Map.of());
    Underlay slaac = new Underlay(List.of(), Set.of(), Map.of(), Set.of("eth0"), Map.of());

    assertEquals(
        "sysctl net/ipv4/ip_forward = 1", sysctls(pools(Map.of(), "10.65.0.0/16"), self, slaac));
    assertEquals(
        """
        sysctl net/ipv6/conf/eth0/keep_addr_on_down = 1
        sysctl net/ipv6/conf/all/forwarding = 1\
        """,
        sysctls(pools(Map.of(), "fd00:65::/48"), self, quiet));
    assertEquals(
        """
        sysctl net/ipv4/ip_forward = 1
        sysctl net/ipv6/conf/eth0/keep_addr_on_down = 1
        sysctl net/ipv6/conf/eth0/accept_ra = 2
        sysctl net/ipv6/conf/all/forwarding = 1\
        """,
        sysctls(pools(Map.of(), "10.65.0.0/16", "fd00:65::/48"), self, slaac));
    assertEquals(
        "", sysctls(pools(Map.of("ipForwarding", "Disabled"), "10.65.0.0/16"), self, slaac));
  }

  private static String sysctls(ClusterView view, LocalNode self, Underlay underlay) {
    return HostObjects.of(view, self, underlay, List.of()).objects().stream()
        .filter(o -> o.kind() == KernelObject.Kind.SYSCTL)
        .map(KernelObject::toString)
        .collect(Collectors.joining("\n"));
  }

  @Test
  void blackholesWhatIsOursAndNothingElse() {
    ClusterView view =
        view(
            List.of(
                block("10.65.0.0/26", "n1"),
                block("10.65.0.64/26", "n2"),
                block("10.65.0.128/26", null),
                block("10.65.0.250/32", "n1")),
            List.of(
                Cidr.parse("10.65.0.0/26"), // confirmed
                Cidr.parse("10.65.0.64/26"), // lost to n2, the claim not yet taken back
                Cidr.parse("10.65.1.0/26"))); // claimed, the block not yet written

    assertEquals(
        """
        route blackhole 10.65.0.0/26
        route blackhole 10.65.1.0/26\
        """,
        LocalObjects.of(view).toString());
  }

  @Test
  void sendsToBlocksAndBorrowedAddressesOfOthers() {
    ClusterView view =
        view(
            List.of(
                new BlockEntry(
                    Cidr.parse("10.65.0.0/26"),
                    Optional.of("n1"),
                    Map.of(Cidr.parse("10.65.0.5/32"), "n2")),
                new BlockEntry(
                    Cidr.parse("10.65.0.64/26"),
                    Optional.of("n2"),
                    Map.of(Cidr.parse("10.65.0.70/32"), "n1", Cidr.parse("10.65.0.71/32"), "n3")),
                new BlockEntry(
                    Cidr.parse("10.65.0.128/26"),
                    Optional.empty(),
                    Map.of(Cidr.parse("10.65.0.129/32"), "n2")),
                block("10.99.0.0/26", "n2")),
            List.of());

    assertEquals(
        List.of(
            "10.65.0.5/32 n2", "10.65.0.64/26 n2", "10.65.0.71/32 unknown", "10.65.0.129/32 n2"),
        Destinations.byPool(view, Map.of()).get("pool").stream()
            .map(d -> d.cidr() + " " + d.owner().orElse("unknown"))
            .toList());
    assertEquals(List.of(Cidr.parse("10.99.0.0/26")), Destinations.orphans(view));
  }

  @Test
  void knowsTheWayToPeers() {
    Underlay underlay =
        new Underlay(
            List.of(),
            Set.of(Ip.parse("192.0.2.2")),
            Map.of(
                Ip.parse("192.0.2.2"),
                new FibResult("eth0", Optional.empty(), Optional.empty(), false)),
            Set.of(),
            Map.of());

    Peer peer = Peers.of(view(List.of(), List.of()), underlay, "direct").get(0);

    assertEquals("n2", peer.name());
    assertTrue(peer.isSameSubnet(IpFamily.IPV4));
    assertEquals(
        new Peer.Gateway(Ip.parse("192.0.2.2"), "eth0"), peer.gateways().get(IpFamily.IPV4));
  }

  @ParameterizedTest
  @CsvSource({
    "1500, direct;ipip;vxlan, IPV4, 1450",
    "1500, direct;ipip;vxlan, IPV6, 1430",
    "1500, direct;ipip;vxlan, IPV4;IPV6, 1430",
    "1500, direct;ipip, IPV4, 1480",
    "1500, direct, IPV4;IPV6, 1500",
    "9000, direct;vxlan, IPV4, 8950",
    "1500, direct;srv6, IPV6, 1420",
    "1500, direct;unknown, IPV6, 1500",
    "1500, direct;vxlan, '', 1500",
  })
  void givesPodsTheMtuOfEveryAllowedMode(
      int uplink, String allowed, String families, int expected) {
    Set<IpFamily> set =
        families.isEmpty()
            ? Set.of()
            : Set.of(families.split(";")).stream()
                .map(IpFamily::valueOf)
                .collect(Collectors.toSet());
    Info srv6 = Info.of("srv6").withFamily(IpFamily.IPV6, 80);

    assertEquals(expected, PodMtu.bytes(uplink, List.of(allowed.split(";")), set, List.of(srv6)));
  }

  @Test
  void refusesARouteThatWasNotAskedFor() {
    Cidr cidr = Cidr.parse("10.65.0.0/26");
    CoreModeView view =
        new CoreModeView(
            new LocalNode("n1", Map.of(), Map.of(), Map.of(), 1500, Map.of()),
            new KernelFacts("6.1", Set.of(), Set.of()),
            new Settings(Map.of()),
            List.of(),
            List.of(new Destination(cidr, "pool", Variant.ALWAYS, Optional.of("n2"), List.of())),
            Set.of());
    Sending right = new Sending(Route.of(cidr, NextHop.dev("eth0")), Wire.DIRECT);
    Sending wrong =
        new Sending(Route.of(Cidr.parse("0.0.0.0/0"), NextHop.dev("eth0")), Wire.DIRECT);

    PlanCheck.check(view, Plan.of(List.of(), Map.of(cidr, right)));
    assertThrows(
        IllegalArgumentException.class,
        () -> PlanCheck.check(view, Plan.of(List.of(), Map.of(cidr, wrong))));
    assertThrows(
        IllegalArgumentException.class,
        () -> PlanCheck.check(view, Plan.of(List.of(), Map.of(Cidr.parse("10.66.0.0/26"), right))));
    assertThrows(IllegalArgumentException.class, () -> PlanCheck.check(view, null));
  }

  @Test
  void keepsWhatIsFrozen() {
    Interface vxlan =
        new Interface(
            9, "vxlan.calico", "vxlan", "mode/vxlan", Optional.empty(), 1450, true, List.of());
    Interface tunl =
        new Interface(8, "tunl0", "ipip", "mode/ipip", Optional.empty(), 1480, true, List.of());
    FrozenObjects frozen =
        new FrozenObjects(
            List.of(Cidr.parse("10.66.0.0/16")),
            Set.of("vxlan"),
            new Underlay(List.of(vxlan, tunl), Set.of(), Map.of(), Set.of(), Map.of()),
            "cali");
    Cidr inside = Cidr.parse("10.66.0.0/26");

    assertTrue(frozen.test(Route.of(inside, NextHop.dev("vxlan.calico"))));
    assertFalse(frozen.test(Route.blackhole(inside)));
    assertFalse(frozen.test(Route.of(Cidr.parse("10.66.0.1/32"), NextHop.dev("cali1"))));
    assertFalse(frozen.test(Route.of(Cidr.parse("10.65.0.0/26"), NextHop.dev("eth0"))));
    assertTrue(frozen.test(Link.of("vxlan.calico", "vxlan")));
    assertTrue(frozen.test(Neighbour.of("vxlan.calico", Ip.parse("10.66.0.0"), MAC)));
    assertTrue(frozen.test(Address.of("vxlan.calico", Ip.parse("10.66.0.1"), 32)));
    assertFalse(frozen.test(Link.of("tunl0", "ipip")));
  }

  @Test
  void keepsMapsAndProgramsWhileAnyModeIsFrozen() {
    Interface tunl =
        new Interface(8, "tunl0", "ifb", "mode/ipip", Optional.empty(), 1480, true, List.of());
    Underlay underlay = new Underlay(List.of(tunl), Set.of(), Map.of(), Set.of(), Map.of());
    FrozenObjects frozen = new FrozenObjects(List.of(), Set.of("ipip"), underlay, "cali");
    FrozenObjects declared = new FrozenObjects(List.of(), Set.of(), underlay, "cali");

    for (KernelObject object :
        List.of(
            BpfMap.ofCounters("counts", List.of("one")),
            BpfMapEntry.of("peers", new byte[4], new byte[4]),
            BpfProgram.of("decap", "eth0", BpfProgram.Hook.INGRESS, new byte[8]))) {
      assertTrue(frozen.test(object), object.toString());
      assertFalse(declared.test(object), object.toString());
    }
  }

  private static BlockEntry block(String cidr, String node) {
    return new BlockEntry(Cidr.parse(cidr), Optional.ofNullable(node), Map.of());
  }

  private static ClusterView pools(Map<String, String> settings, String... cidrs) {
    Map<String, PoolEntry> pools = new HashMap<>();
    for (String cidr : cidrs) {
      pools.put(
          cidr,
          new PoolEntry(
              cidr,
              Cidr.parse(cidr),
              PoolMode.DIRECT,
              true,
              false,
              false,
              Optional.empty(),
              Optional.empty(),
              IpPool.RoutesFrom.AUTO,
              Set.of()));
    }
    return new ClusterView("n1", Map.of(), pools, List.of(), List.of(), new Settings(settings));
  }

  private static ClusterView view(List<BlockEntry> blocks, List<Cidr> claimed) {
    return new ClusterView(
        "n1",
        Map.of("n1", node("n1", "192.0.2.1/24"), "n2", node("n2", "192.0.2.2/24")),
        Map.of(
            "pool",
            new PoolEntry(
                "pool",
                Cidr.parse("10.65.0.0/16"),
                PoolMode.DIRECT,
                true,
                false,
                false,
                Optional.empty(),
                Optional.empty(),
                IpPool.RoutesFrom.AUTO,
                Set.of())),
        blocks,
        claimed,
        new Settings(Map.of()));
  }

  private static NodeEntry node(String name, String address) {
    return new NodeEntry(
        name,
        Map.of(IpFamily.IPV4, InterfaceAddress.parse(address)),
        Map.of(),
        Map.of(),
        Map.of(),
        Map.of(),
        Map.of());
  }
}
