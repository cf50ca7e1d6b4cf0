// SPDX-License-Identifier: Apache-2.0
package io.margay.itests;

import java.util.List;
import java.util.stream.Stream;

/**
 * Something that keeps packets from arriving. Steps are as in {@link ExplainLab}.
 *
 * @param name what is wrong
 * @param ends what is asked
 * @param hop a pattern for node and place of the hop that is to be blamed
 * @param says a pattern for something in the sentence that names the cause
 * @param inject how it is made
 * @param repair how it is undone
 */
record ExplainFault(
    String name, String ends, String hop, String says, List<String> inject, List<String> repair) {
  private static final String NFT_DROP_ALL =
      "nft 'add table ip foreign; add chain ip foreign %1$s"
          + " { type filter hook %1$s priority %2$d; policy drop; }'";
  private static final String NFT_DROP =
      "nft 'add table inet foreign; add chain inet foreign %1$s"
          + " { type filter hook %1$s priority %2$d; }; add rule inet foreign %1$s %3$s drop'";
  private static final String NFT_BRIDGE_DROP =
      "nft 'add table bridge foreign; add chain bridge foreign forward"
          + " { type filter hook forward priority 0; }; add rule bridge foreign forward %s drop'";
  private static final String NO_TABLE = "nft delete table inet foreign";

  /** All that agents leave alone, since it is not theirs, in the order of a packet's way. */
  static Stream<ExplainFault> all() {
    return Stream.of(inThePods(), onTheNodes(), betweenTheNodes(), ofTheirPorts(), inTheStore())
        .flatMap(List::stream);
  }

  /** Whether all is well in the end; not of what is so from the beginning. */
  boolean isRepaired() {
    return !repair.isEmpty();
  }

  @Override
  public String toString() {
    return name;
  }

  private static List<ExplainFault> inThePods() {
    return List.of(
        fault("no default route in the sender", "near far", "node1 POD", "default")
            .by("near: ip route del default")
            .undoneBy("attach: near"),
        fault("wrong neighbour in the sender", "near far", "node1 POD", "169\\.254\\.1\\.1")
            .by(
                "near: ip neigh replace 169.254.1.1 lladdr 02:00:00:00:00:01 dev eth0"
                    + " nud permanent")
            .undoneBy("attach: near"),
        fault("interface of the receiver down", "near far", "node2 (POD|LINK)", "down|eth0")
            .by("far: ip link set eth0 down")
            .undoneBy("far: ip link set eth0 up", "attach: far"),
        fault("address removed in the receiver", "near far", "node2 POD", "{far}")
            .by("far: ip address del {far}/32 dev eth0")
            .undoneBy("attach: far"),
        fault("another MAC in the receiver", "near far", "node2 (POD|LINK)", "02:00:00:00:00:99")
            .by("far: cat /sys/class/net/eth0/address; ip link set eth0 address 02:00:00:00:00:99")
            .undoneBy("detach: far", "attach: far"),
        fault("no way back in the receiver", "near far", "node2 POD", "{near}|way back|answer")
            .by("far: ip route add blackhole {near}")
            .undoneBy("far: ip route del blackhole {near}"),
        fault("firewall in the receiver", "near far", "node2 POD", "receives|inside")
            .by("far: " + NFT_DROP.formatted("input", 0, "icmp type echo-request"))
            .undoneBy("far: " + NO_TABLE),
        fault("pod gone", "near gone", "node2 (POD|LINK)", "gone|removed|no link")
            .by("remove: gone")
            .undoneBy("detach: gone", "make: gone", "attach: gone"));
  }

  private static List<ExplainFault> onTheNodes() {
    return List.of(
        fault("somebody else's rule", "near far", "node1 ROUTE", "rule")
            .by("node1: ip rule add to {far} prohibit pref 50")
            .undoneBy("node1: ip rule del pref 50"),
        fault("blackhole in another table", "near far", "node1 (ROUTE|NODE)", "rule|table")
            .by(
                "node1: ip route add blackhole default table 77;"
                    + " ip rule add iif {near.link} lookup 77 pref 60")
            .undoneBy("node1: ip rule del pref 60; ip route flush table 77"),
        fault("a more specific route", "near far", "node1 ROUTE", "{far}")
            .by("node1: ip route add {far} via {outside} dev eth0")
            .undoneBy("node1: ip route del {far} via {outside} dev eth0"),
        fault("blackhole of the way back", "near far", "node2 ROUTE", "{near}")
            .by("node2: ip route add blackhole {near}")
            .undoneBy("node2: ip route del blackhole {near}"),
        fault("duplicated address", "near far", "node1 ROUTE", "own|duplicate|local")
            .by("node1: ip address add {far}/32 dev lo")
            .undoneBy("node1: ip address del {far}/32 dev lo"),
        fault("policy of somebody else's FORWARD", "near far", "node1 NODE", "FORWARD|forward")
            .by("node1: " + NFT_DROP_ALL.formatted("forward", 0))
            .undoneBy("node1: nft delete table ip foreign"),
        fault("rule that drops", "near far", "node2 NODE", "chain forward of table inet foreign")
            .by("node2: " + NFT_DROP.formatted("forward", 0, "ip saddr {near}"))
            .undoneBy("node2: " + NO_TABLE),
        fault("legacy iptables", "near far", "node2 NODE", "FORWARD")
            .by("node2: iptables-legacy -P FORWARD DROP")
            .undoneBy("node2: iptables-legacy -P FORWARD ACCEPT"),
        fault("xfrm policy", "near far", "node2 NODE", "[Xx]frm|XFRM")
            .by("node2: ip xfrm policy add dir fwd src {near} dst {far} action block")
            .undoneBy("node2: ip xfrm policy flush"),
        fault("uplink does not forward", "near far", "node2 NODE", "forwarding")
            .by("node2: sysctl -qw net.ipv4.conf.eth0.forwarding=0")
            .undoneBy("node2: sysctl -qw net.ipv4.conf.eth0.forwarding=1"),
        fault("reverse path filter", "near far", "node2 NODE", "reverse path filter")
            .by(
                "node1: ip link add alt type veth peer name alt netns {node2.netns};"
                    + " ip address add 10.9.0.1/24 dev alt; ip link set alt up",
                "node2: ip address add 10.9.0.2/24 dev alt; ip link set alt up;"
                    + " sysctl -qw net.ipv4.conf.alt.rp_filter=1",
                "node1: ip route add {far} via 10.9.0.2")
            .undoneBy("node1: ip link del alt"),
        fault("link of the receiver down", "near far", "node2 LINK", "{far.link}.*down")
            .by("node2: ip link set {far.link} down")
            .undoneBy("node2: ip link set {far.link} up"),
        fault("queue that drops", "near far", "node2 (LINK|POD)", "qdisc|inside|receives")
            .by("node2: tc qdisc add dev {far.link} root blackhole")
            .undoneBy("node2: tc qdisc del dev {far.link} root"));
  }

  private static List<ExplainFault> betweenTheNodes() {
    return List.of(
        fault("cable cut", "near far", "node2 (TUNNEL|UNDERLAY)", "eth0 is down, or has no carrier")
            .by("switch: ip link set node2 down")
            .undoneBy("switch: ip link set node2 up"),
        fault("uplink down", "near far", "node2 (UNDERLAY|ROUTE)", "eth0 is down")
            .by("node2: ip link set eth0 down")
            .undoneBy("node2: ip link set eth0 up"),
        fault("MTU black hole", "near far", "node1 UNDERLAY", "MTU|mtu|large")
            .by("switch: ip link set node2 mtu 1300")
            .undoneBy("switch: ip link set node2 mtu 1500"),
        fault("wrong neighbour", "near far", "node1 UNDERLAY", "neighbour|02:00:00:00:00:09")
            .by("node1: ip neigh replace {node2} lladdr 02:00:00:00:00:09 dev eth0 nud permanent")
            .undoneBy("node1: ip neigh del {node2} dev eth0"),
        fault("ARP not answered", "near far", "node1 UNDERLAY", "neighbour|ARP|ping")
            .by(
                "node2: sysctl -qw net.ipv4.conf.eth0.arp_ignore=8",
                "node1: ip neigh flush to {node2}")
            .undoneBy(
                "node2: sysctl -qw net.ipv4.conf.eth0.arp_ignore=0",
                "node1: ip neigh flush to {node2}"),
        fault(
                "VXLAN dropped",
                "near-vxlan far-vxlan",
                "node1 UNDERLAY",
                "by vxlan.calico for node2")
            .by("node2: " + NFT_DROP.formatted("prerouting", -400, "udp dport 4789"))
            .undoneBy("node2: " + NO_TABLE),
        fault("IPIP dropped", "near-ipip far-ipip", "node1 UNDERLAY", "by tunl0 for node2")
            .by("switch: " + NFT_BRIDGE_DROP.formatted("ip protocol 4"))
            .undoneBy("switch: nft delete table bridge foreign"),
        fault("no way to the tunnel's end", "near-vxlan far-vxlan", "node1 UNDERLAY", "{node2}")
            .by("node1: ip route add blackhole {node2}")
            .undoneBy("node1: ip route del blackhole {node2}"));
  }

  private static List<ExplainFault> ofTheirPorts() {
    return List.of(
        fault("port closed", "near far --port 81", "node2 POD", "nothing listens").undoneBy(),
        fault("port dropped", "near far --port 81", "node2 NODE", "tcp dport 81|chain forward")
            .by("node2: " + NFT_DROP.formatted("forward", 0, "tcp dport 81"))
            .undoneBy("node2: " + NO_TABLE),
        fault("outside has no way back", "near {outside}", "UNDERLAY", "natOutgoing").undoneBy());
  }

  private static List<ExplainFault> inTheStore() {
    return List.of(
        fault("stale block", "near far", "STORE|node1 ROUTE", "belongs to node1")
            .by(
                "edit: ipamblock {far.block} 's/host:node2/host:node1/;"
                    + " s/\"node\":\"node2\"/\"node\":\"gone\"/g'")
            .undoneBy(
                "edit: ipamblock {far.block} 's/host:node1/host:node2/;"
                    + " s/\"node\":\"gone\"/\"node\":\"node2\"/g'"),
        fault(
                "address of two pods",
                "near far",
                "STORE",
                "is also that of pod default/{beside.name}")
            .by(
                "edit: workloadendpoint {beside.document}"
                    + " 's#\"ipNetworks\":\\[#&\"{far}/32\",#'",
                "node1: for i in $(seq 100); do ip route get {far} | grep -q {beside.link} && exit"
                    + " 0; sleep 0.1; done; exit 1")
            .undoneBy("edit: workloadendpoint {beside.document} 's#\"{far}/32\",##'"));
  }

  private static Draft fault(String name, String ends, String hop, String says) {
    return new Draft(name, ends, hop, says, List.of());
  }

  /** A fault that is not complete yet. */
  private record Draft(String name, String ends, String hop, String says, List<String> inject) {
    Draft by(String... steps) {
      return new Draft(name, ends, hop, says, List.of(steps));
    }

    ExplainFault undoneBy(String... steps) {
      return new ExplainFault(name, ends, hop, says, inject, List.of(steps));
    }
  }
}
