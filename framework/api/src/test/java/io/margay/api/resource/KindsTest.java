// SPDX-License-Identifier: Apache-2.0
package io.margay.api.resource;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.margay.api.net.Cidr;
import io.margay.api.net.InterfaceAddress;
import io.margay.api.net.Ip;
import io.margay.api.net.IpFamily;
import io.margay.api.net.MacAddress;
import io.margay.api.resource.BlockAffinity.State;
import io.margay.api.resource.IpPool.AllowedUse;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is particular to a kind: values read, values written, names. */
class KindsTest {
  @Test
  void poolHasCalicosDefaults() throws Exception {
    IpPool pool = IpPool.parse(Samples.json("IPPool", "{\"cidr\":\"fd00::/48\"}"));

    assertEquals(122, pool.blockSize());
    assertEquals(Encapsulation.NEVER, pool.vxlanMode());
    assertEquals(Set.of(AllowedUse.WORKLOAD, AllowedUse.TUNNEL), pool.allowedUses());
    assertTrue(pool.nodeSelector().matchesAll());
    assertFalse(pool.disabled());
  }

  @Test
  void poolChangesItsModeInOneStep() {
    IpPool pool = IpPool.of("p", Cidr.parse("10.65.0.0/16"));

    IpPool ipip = pool.withModes(Encapsulation.ALWAYS, Encapsulation.NEVER);
    IpPool vxlan = ipip.withModes(Encapsulation.NEVER, Encapsulation.CROSS_SUBNET);

    assertEquals(Encapsulation.ALWAYS, ipip.ipipMode());
    assertEquals(Encapsulation.CROSS_SUBNET, vxlan.vxlanMode());
    assertThrows(
        IllegalArgumentException.class,
        () -> pool.withModes(Encapsulation.ALWAYS, Encapsulation.ALWAYS));
  }

  @Test
  void poolTakesAVendorsModeWhenTheOthersAreOff() {
    IpPool pool = IpPool.of("p", Cidr.parse("10.65.0.0/16"));

    IpPool srv6 = pool.withAnnotation(IpPool.MODE_ANNOTATION, Optional.of("srv6/CrossSubnet"));

    assertEquals(Optional.of("srv6/CrossSubnet"), srv6.vendorMode());
    assertEquals(pool, srv6.withAnnotation(IpPool.MODE_ANNOTATION, Optional.empty()));
    assertThrows(
        IllegalArgumentException.class,
        () -> srv6.withModes(Encapsulation.ALWAYS, Encapsulation.NEVER));
    assertThrows(
        IllegalArgumentException.class,
        () -> pool.withAnnotation(IpPool.MODE_ANNOTATION, Optional.of("SRv6")));
  }

  @Test
  void aPoolSaysWhereItsRoutesAreFrom() {
    IpPool pool = IpPool.of("pool", Cidr.parse("10.65.0.0/16"));

    assertEquals(IpPool.RoutesFrom.AUTO, pool.routesFrom());
    assertEquals(IpPool.RoutesFrom.STORE, from(pool, "store").routesFrom());
    assertEquals(IpPool.RoutesFrom.BGP, from(pool, "bgp").routesFrom());
    String message =
        assertThrows(IllegalArgumentException.class, () -> from(pool, "BGP")).getMessage();
    assertTrue(
        message.contains(
            "metadata.annotations.margay.io/routes-from: BGP (expected: auto, bgp or store)"),
        message);
  }

  private static IpPool from(IpPool pool, String value) {
    return pool.withAnnotation(IpPool.ROUTES_FROM_ANNOTATION, Optional.of(value));
  }

  @Test
  void poolReadsItsCondition() throws Exception {
    Map<String, Object> condition = Map.of("type", "Allocatable", "status", "False");
    byte[] json =
        Json.write(
            Trees.with(Samples.document("IPPool"), List.of(condition), "status", "conditions"));

    assertEquals(Optional.of(false), IpPool.parse(json).allocatable());
  }

  @Test
  void nodeSetsAndClearsItsFields() {
    Node node =
        Node.of("node1")
            .withAddress(IpFamily.IPV4, Optional.of(InterfaceAddress.parse("10.0.2.15/24")))
            .withIpv4IpipTunnelAddr(Optional.of(Ip.parse("10.65.0.0")))
            .withVxlanTunnelAddr(IpFamily.IPV6, Optional.of(Ip.parse("fd00::1")))
            .withVxlanTunnelMacAddr(
                IpFamily.IPV4, Optional.of(MacAddress.parse("66:f9:37:c3:7e:94")))
            .withAsNumber(Optional.of(64512L))
            .withLabels(Map.of("rack", "1"))
            .withAnnotation("margay.io/x", Optional.of("y"));

    assertEquals("10.0.2.15/24", node.ipv4Address().orElseThrow().toString());
    assertEquals(Optional.of(Ip.parse("10.65.0.0")), node.ipv4IpipTunnelAddr());
    assertEquals(Optional.of(Ip.parse("fd00::1")), node.vxlanTunnelAddr(IpFamily.IPV6));
    assertEquals("y", node.metadata().annotation("margay.io/x").orElseThrow());
    assertEquals(
        Node.of("node1").withLabels(Map.of("rack", "1")),
        node.withAddress(IpFamily.IPV4, Optional.empty())
            .withIpv4IpipTunnelAddr(Optional.empty())
            .withVxlanTunnelAddr(IpFamily.IPV6, Optional.empty())
            .withVxlanTunnelMacAddr(IpFamily.IPV4, Optional.empty())
            .withAsNumber(Optional.empty())
            .withAnnotation("margay.io/x", Optional.empty()));
  }

  @ParameterizedTest
  @CsvSource({"64512,64512", "'\"64512\"',64512", "'\"1.10\"',65546", "4294967295,4294967295"})
  void asNumbersAreNumbersOrTexts(String value, long number) throws Exception {
    Node node = Node.parse(Samples.json("Node", "{\"bgp\":{\"asNumber\":" + value + "}}"));

    assertEquals(Optional.of(number), node.asNumber());
  }

  @Test
  void affinityHasTheLabelsByWhichCalicoFindsIt() {
    BlockAffinity affinity = BlockAffinity.of("node1", Cidr.parse("10.65.0.64/26"), State.PENDING);

    assertEquals("node1-10-65-0-64-26", affinity.name());
    assertEquals(
        Map.of(
            "projectcalico.org/affinity-type",
            "host",
            "projectcalico.org/hostname-hash",
            "7DS2CCNJGGLTHBDQLLFO6SX24SY2YDDEG3W2VN556FA2W4DLLV5A",
            "projectcalico.org/ip-version",
            "4"),
        affinity.metadata().labels());
    assertEquals(State.CONFIRMED, affinity.withState(State.CONFIRMED).state());
    assertFalse(affinity.deleted());
  }

  @Test
  void affinityOfOldDataIsConfirmedAndItsFlagMayBeABoolean() throws Exception {
    BlockAffinity affinity =
        BlockAffinity.parse(
            Samples.json(
                "BlockAffinity",
                "{\"state\":\"\",\"node\":\"n\",\"cidr\":\"10.0.0.0/26\",\"deleted\":true}"));

    assertEquals(State.CONFIRMED, affinity.state());
    assertEquals(BlockAffinity.Type.HOST, affinity.type());
    assertTrue(affinity.deleted());
  }

  @Test
  void affinityOfALongNameIsCutAndHashed() {
    String name = BlockAffinity.nameOf("n".repeat(250), Cidr.parse("10.0.0.0/26"));

    assertEquals(252, name.length());
    assertTrue(name.matches("n{240}-[0-9a-f]{11}"), name);
  }

  @Test
  void handleCountsByBlock() {
    Cidr block = Cidr.parse("10.0.0.0/26");

    IpamHandle handle = IpamHandle.of("net.ABC").plus(block, 2).plus(block, -1);

    assertEquals("net.abc", handle.name());
    assertEquals(Map.of(block, 1), handle.blocks());
    assertEquals(Map.of(), handle.plus(block, -5).blocks());
    assertEquals(IpamHandle.of("net.ABC"), handle.plus(block, -1));
  }

  @Test
  void endpointIsNamedByItsParts() {
    WorkloadEndpoint pod =
        WorkloadEndpoint.ofPod("shop", "node-1", "nginx-0", "eth0", "cali1")
            .withIpNetworks(List.of(Cidr.parse("10.0.0.1/32")))
            .withMac(MacAddress.parse("ee:ee:ee:ee:ee:01"))
            .withContainerId("3c1f")
            .withLabels(Map.of("app", "web"))
            .withProfiles(List.of("kns.shop"))
            .withServiceAccountName("web");

    assertEquals("node--1-k8s-nginx--0-eth0", pod.name());
    assertEquals("shop", pod.key().namespace());
    assertEquals(Optional.of("3c1f"), pod.containerId());
    assertEquals(
        "node1-cni-3c1f-net1",
        WorkloadEndpoint.ofContainer("default", "node1", "3c1f", "net1", "cali2").name());
    assertThrows(
        IllegalArgumentException.class,
        () -> WorkloadEndpoint.ofPod("shop", "node1", "nginx-", "eth0", "cali1"));
  }

  @Test
  void bgpConfigurationResolvesNamesOfCommunities() throws Exception {
    BgpConfiguration all = BgpConfiguration.parse(Samples.json("BGPConfiguration"));

    assertEquals(65546, all.asNumber());
    assertEquals(List.of("65000:100", "1:2:3"), all.prefixAdvertisements().get(0).communities());
    assertEquals(BgpConfiguration.ProgramClusterRoutes.ENABLED, all.programClusterRoutes());
    assertEquals(2048, all.normalRoutePriority(IpFamily.IPV6));
    assertEquals(Optional.of(new SecretKey("bgp", "mesh")), all.nodeMeshPassword());
    assertEquals(64512, BgpConfiguration.DEFAULT.asNumber());
    assertEquals(1179, BgpConfiguration.DEFAULT.overlaid(all).listenPort());
  }

  @ParameterizedTest
  @CsvSource({
    "192.0.2.1,192.0.2.1,179",
    "192.0.2.1:1179,192.0.2.1,1179",
    "2001:db8::1,2001:db8::1,179",
    "[2001:db8::1]:1179,2001:db8::1,1179",
  })
  void bgpPeersHaveAPort(String text, String address, int port) throws Exception {
    BgpPeer peer = BgpPeer.parse(Samples.json("BGPPeer", "{\"peerIP\":\"" + text + "\"}"));

    assertEquals(Optional.of(new BgpPeer.Address(Ip.parse(address), port)), peer.peerIp());
  }

  @Test
  void bgpPeerReadsItsFields() throws Exception {
    BgpPeer peer = BgpPeer.parse(Samples.json("BGPPeer"));

    assertEquals(BgpPeer.NextHopMode.SELF, peer.nextHopMode());
    assertEquals(Optional.of(Duration.ofMinutes(1)), peer.maxRestartTime());
    assertFalse(peer.usesNodeIp());
    assertFalse(peer.reversePeering());
    assertEquals(List.of("f1", "f2"), peer.filters());
  }

  @Test
  void bgpFilterReadsItsRules() throws Exception {
    BgpFilter filter = BgpFilter.parse(Samples.json("BGPFilter"));
    BgpFilter.Rule rule = filter.exportRules(IpFamily.IPV4).get(0);

    assertEquals(Optional.of(new BgpFilter.PrefixLength(26, 32)), rule.prefixLength());
    assertEquals(Optional.of(BgpFilter.MatchOperator.IN), rule.matchOperator());
    assertEquals(List.of(65001L, 65537L), rule.asPathPrefix());
    assertEquals(3, rule.operations().size());
    assertEquals(Optional.of("1:2"), rule.operations().get(0).addCommunity());
    assertEquals(BgpFilter.Action.REJECT, filter.exportRules(IpFamily.IPV4).get(1).action());
    assertEquals(List.of(), filter.importRules(IpFamily.IPV6));
  }

  @Test
  void reservationsMayBeSingleAddresses() throws Exception {
    IpReservation reservation = IpReservation.parse(Samples.json("IPReservation"));

    assertEquals("[10.65.0.0/29, 10.65.1.1/32]", reservation.reservedCidrs().toString());
  }

  @Test
  void ipamConfigurationTakesZeroForTwenty() {
    assertEquals(20, IpamConfiguration.DEFAULT.maxBlocksPerHost());
    assertTrue(IpamConfiguration.DEFAULT.autoAllocateBlocks());
  }
}
