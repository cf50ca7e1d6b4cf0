// SPDX-License-Identifier: Apache-2.0
package io.margay.core.plan;

import io.margay.api.dataplane.Address;
import io.margay.api.dataplane.KernelObject;
import io.margay.api.dataplane.Link;
import io.margay.api.dataplane.NftElement;
import io.margay.api.dataplane.NftTable;
import io.margay.api.mode.HostTraffic;
import io.margay.api.mode.Plan;
import io.margay.api.net.Cidr;
import io.margay.api.net.InterfaceAddress;
import io.margay.api.net.IpFamily;
import io.margay.core.view.ClusterView;
import io.margay.core.view.NodeEntry;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * The nftables table of the node. Nodes and pods are elements of its sets, so that the table itself
 * changes only with pools, modes and settings.
 *
 * <p>Verdicts hold for this table alone: what it accepts, a firewall of somebody else may still
 * drop. Packets pass one chain in front of conntrack; conntrack is used only where {@link
 * OutgoingNat} needs it. {@code iifname} with a prefix is a comparison and cheaper than a look into
 * a set, which only packets of pods need.
 */
final class HostRules {
  private static final String NODES = "nodes";
  private static final String PODS = "pods";
  private static final String SOURCES = "sources";
  private static final String PREFIXES = "prefixes";
  private static final String DEFAULT_PREFIX = "cali";

  /** Named counters of what is dropped, and the sets that take elements one by one. */
  private static final String SETS =
      """
      counter spoofed { }
      counter tunnelled-by-pod { }
      counter unknown-node { }
      set nodes4 { type ipv4_addr; }
      set nodes6 { type ipv6_addr; }
      set pods { type ifname; }
      set sources4 { type ifname . ipv4_addr; }
      set sources6 { type ifname . ipv6_addr; }
      """;

  /** Only where pods may use them: a look into such a set costs more. */
  private static final String PREFIX_SETS =
      """
      set prefixes4 { type ifname . ipv4_addr; flags interval; }
      set prefixes6 { type ifname . ipv6_addr; flags interval; }
      """;

  private static final String FROM_PREFIXES =
      """
        iifname . ip saddr @prefixes4 accept
        iifname . ip6 saddr @prefixes6 accept
      """;

  private HostRules() {}

  /** The table, and the addresses of the nodes. */
  static List<KernelObject> of(ClusterView view, Collection<Plan> plans) {
    SortedSet<HostTraffic> traffic = new TreeSet<>();
    plans.forEach(p -> traffic.addAll(p.hostTraffic()));
    boolean hasPrefixes = "Any".equals(view.settings().values().get("workloadSourceSpoofing"));
    StringBuilder body = new StringBuilder(SETS);
    if (hasPrefixes) {
      body.append(PREFIX_SETS);
    }
    body.append(prerouting(podPrefix(view), traffic, hasPrefixes ? FROM_PREFIXES : ""));
    if (!traffic.isEmpty()) {
      body.append(tunnels(traffic));
    }
    body.append(OutgoingNat.of(view, tunnelLinks(plans)));
    List<KernelObject> objects = new ArrayList<>();
    objects.add(NftTable.of(body.toString()));
    for (NodeEntry node : view.nodes().values()) {
      for (InterfaceAddress address : node.addresses().values()) {
        objects.add(NftElement.of(NODES + digit(address.family()), address.address()));
      }
    }
    return objects;
  }

  /** What a pod adds: its link, and the addresses and prefixes from which it may send. */
  static List<KernelObject> ofPod(
      String link, Collection<InetAddress> addresses, Collection<Cidr> others) {
    List<KernelObject> objects = new ArrayList<>();
    objects.add(NftElement.of(PODS, link));
    addresses.forEach(a -> objects.add(NftElement.of(SOURCES + digit(IpFamily.of(a)), link, a)));
    others.forEach(p -> objects.add(NftElement.of(PREFIXES + digit(p.family()), link, p)));
    return objects;
  }

  /** With what the names of pods' links begin. */
  static String podPrefix(ClusterView view) {
    String prefix = view.settings().values().getOrDefault("interfacePrefix", "");
    return prefix.isEmpty() ? DEFAULT_PREFIX : prefix.split(",")[0];
  }

  /** 4 or 6, as the names of sets end. */
  static int digit(IpFamily family) {
    return family == IpFamily.IPV4 ? 4 : 6;
  }

  /** A pod sends from its own addresses, and for neighbour discovery from link-local ones. */
  private static String prerouting(
      String prefix, SortedSet<HostTraffic> traffic, String fromPrefixes) {
    return """
    chain prerouting {
      type filter hook prerouting priority raw; policy accept;
      iifname "%s*" goto from-pod
    %s}
    chain from-pod {
    %s  iifname . ip saddr @sources4 accept
      iifname . ip6 saddr @sources6 accept
      ip6 saddr { ::, fe80::/10 } accept
    %s  iifname @pods counter name spoofed drop
    }
    """
        .formatted(
            prefix, each(traffic, "goto tunnel"), each(traffic, "goto tunnelled"), fromPrefixes);
  }

  /** Tunnel packets: from other nodes only, never from pods, and unknown to conntrack. */
  private static String tunnels(SortedSet<HostTraffic> traffic) {
    return """
    chain tunnelled {
      iifname @pods counter name tunnelled-by-pod drop
    }
    chain tunnel {
      ip saddr @nodes4 notrack accept
      ip6 saddr @nodes6 notrack accept
      fib daddr type local counter name unknown-node drop
    }
    chain output {
      type filter hook output priority raw; policy accept;
    %s}
    """
        .formatted(each(traffic, "notrack"));
  }

  /** The port comes before the protocol, for one comparison then tells most packets apart. */
  private static String each(SortedSet<HostTraffic> traffic, String statement) {
    StringBuilder rules = new StringBuilder();
    for (HostTraffic t : traffic) {
      String match =
          t.udpPort() == 0
              ? "meta l4proto " + t.ipProtocol()
              : "th dport " + t.udpPort() + " meta l4proto udp";
      rules.append("  ").append(match).append(' ').append(statement).append('\n');
    }
    return rules.toString();
  }

  /** Devices of the modes that have an address of their own. */
  private static SortedSet<String> tunnelLinks(Collection<Plan> plans) {
    SortedSet<String> links = new TreeSet<>();
    for (Plan plan : plans) {
      SortedSet<String> addressed = new TreeSet<>();
      for (KernelObject object : plan.standing()) {
        if (object instanceof Address address) {
          addressed.add(address.link());
        }
      }
      for (KernelObject object : plan.standing()) {
        if (object instanceof Link link && addressed.contains(link.name())) {
          links.add(link.name());
        }
      }
    }
    return links;
  }
}
