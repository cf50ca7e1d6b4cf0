// SPDX-License-Identifier: Apache-2.0
package io.margay.core.plan;

import io.margay.api.mode.Settings;
import io.margay.api.net.Cidr;
import io.margay.api.net.IpFamily;
import io.margay.core.view.ClusterView;
import io.margay.core.view.PoolEntry;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * Masquerades what pods of pools with {@code natOutgoing} send out of all pools; nodes are outside,
 * unless {@code natOutgoingExclusions} says otherwise. Without such a pool there is no chain, for
 * the chain makes the kernel track every connection.
 *
 * <p>Where there is one, connections of the node itself that leave by a tunnel from another address
 * than the tunnel's get that address (a Service that was translated after the source was chosen):
 * the answer comes back through the tunnel then.
 */
final class OutgoingNat {
  private OutgoingNat() {}

  /**
   * Sets and chains, in the syntax of {@code nft}; empty when no pool wants it.
   *
   * @param tunnels links whose own address the node's connections are to have
   */
  static String of(ClusterView view, SortedSet<String> tunnels) {
    StringBuilder sets = new StringBuilder();
    StringBuilder rules = new StringBuilder();
    StringBuilder chains = new StringBuilder();
    for (IpFamily family : IpFamily.values()) {
      String translated = elements(view, family, PoolEntry::natOutgoing);
      if (!translated.isEmpty()) {
        String n = String.valueOf(HostRules.digit(family));
        sets.append(set("pools" + n, n, elements(view, family, p -> !p.loadBalancer())));
        sets.append(set("translated" + n, n, translated));
        rules.append(rule(view.settings(), n));
        chains.append(chain(view.settings(), family, n));
      }
    }
    if (rules.isEmpty()) {
      return "";
    }
    if (!tunnels.isEmpty()) {
      String links = tunnels.stream().map(t -> '"' + t + '"').collect(Collectors.joining(", "));
      rules.append("  oifname { " + links + " }");
      rules.append(" fib saddr . oif type != local fib saddr type local masquerade fully-random\n");
    }
    return sets
        + chains.toString()
        + "chain postrouting {\n  type nat hook postrouting priority srcnat; policy accept;\n"
        + rules
        + "}\n";
  }

  private static String set(String name, String n, String elements) {
    return "set %s { type ipv%s_addr; flags interval; elements = { %s } }\n"
        .formatted(name, n, elements);
  }

  private static String elements(ClusterView view, IpFamily family, Predicate<PoolEntry> which) {
    return view.pools().values().stream()
        .filter(which)
        .map(PoolEntry::cidr)
        .filter(c -> c.family() == family)
        .sorted()
        .map(Cidr::toString)
        .collect(Collectors.joining(", "));
  }

  private static String rule(Settings settings, String n) {
    String ip = n.equals("4") ? "ip" : "ip6";
    boolean nodesAreInside =
        "IPPoolsAndHostIPs".equals(settings.values().get("natOutgoingExclusions"));
    return "  %s saddr @translated%s %s daddr != @pools%s %sgoto outgoing%s\n"
        .formatted(ip, n, ip, n, nodesAreInside ? ip + " daddr != @nodes" + n + " " : "", n);
  }

  /** A range of ports is possible only for protocols that have ports. */
  private static String chain(Settings settings, IpFamily family, String n) {
    Optional<String> address =
        Optional.ofNullable(settings.values().get("natOutgoingAddress"))
            .filter(a -> family == IpFamily.IPV4 && !a.isEmpty());
    String translate = address.map(a -> "snat ip to " + a).orElse("masquerade");
    String statement = "  " + translate + " fully-random\n";
    Optional<String> ports =
        Optional.ofNullable(settings.values().get("natPortRange"))
            .filter(p -> !List.of("", "0").contains(p));
    String withPorts =
        ports
            .map(p -> address.isPresent() ? ":" + range(p) : " to :" + range(p))
            .map(p -> "  meta l4proto { tcp, udp } " + translate + p + " fully-random\n")
            .orElse("");
    return "chain outgoing" + n + " {\n" + withPorts + statement + "}\n";
  }

  private static String range(String ports) {
    return ports.replace(':', '-');
  }
}
