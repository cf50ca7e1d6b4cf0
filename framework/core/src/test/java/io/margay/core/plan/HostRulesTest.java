// SPDX-License-Identifier: Apache-2.0
package io.margay.core.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.margay.api.dataplane.ActualState.Interface;
import io.margay.api.dataplane.Address;
import io.margay.api.dataplane.KernelObject;
import io.margay.api.dataplane.Link;
import io.margay.api.dataplane.NftElement;
import io.margay.api.dataplane.NftTable;
import io.margay.api.dataplane.Sysctl;
import io.margay.api.mode.HostTraffic;
import io.margay.api.mode.LocalNode;
import io.margay.api.mode.Plan;
import io.margay.api.mode.Settings;
import io.margay.api.net.Cidr;
import io.margay.api.net.InterfaceAddress;
import io.margay.api.net.Ip;
import io.margay.api.net.IpFamily;
import io.margay.api.resource.IpPool;
import io.margay.core.view.ClusterView;
import io.margay.core.view.NodeEntry;
import io.margay.core.view.PoolEntry;
import io.margay.core.view.PoolMode;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class HostRulesTest {
  private static final Plan VXLAN =
      Plan.of(
              List.of(
                  Link.of("vxlan.calico", "vxlan"),
                  Address.of("vxlan.calico", Ip.parse("10.65.0.0"), 32),
                  Sysctl.of("net/ipv4/conf/vxlan.calico/rp_filter", 2)),
              Map.of())
          .withHostTraffic(new HostTraffic(17, 4789));
  private static final Plan IPIP =
      Plan.of(List.of(), Map.of()).withHostTraffic(new HostTraffic(4, 0));

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

  @Test
  void directModeChecksSourcesAndNothingElse() {
    assertEquals(
        SETS
            + """
            chain prerouting {
              type filter hook prerouting priority raw; policy accept;
              iifname "cali*" goto from-pod
            }
            chain from-pod {
              iifname . ip saddr @sources4 accept
              iifname . ip6 saddr @sources6 accept
              ip6 saddr { ::, fe80::/10 } accept
              iifname @pods counter name spoofed drop
            }
            """,
        body(view(Map.of(), pool("blue", "10.65.0.0/16", false))));
  }

  @Test
  void prefixesOfPodsAreLookedAtWhereTheyMayBeUsed() {
    String body =
        body(view(Map.of("workloadSourceSpoofing", "Any"), pool("blue", "10.65.0.0/16", false)));

    assertTrue(body.contains("set prefixes4 { type ifname . ipv4_addr; flags interval; }"), body);
    assertTrue(
        body.contains(
            """
              ip6 saddr { ::, fe80::/10 } accept
              iifname . ip saddr @prefixes4 accept
              iifname . ip6 saddr @prefixes6 accept
              iifname @pods counter name spoofed drop
            """),
        body);
  }

  @Test
  void tunnelsTakePacketsFromNodesAndNeverFromPods() {
    assertEquals(
        SETS
            + """
            chain prerouting {
              type filter hook prerouting priority raw; policy accept;
              iifname "cali*" goto from-pod
              meta l4proto 4 goto tunnel
              th dport 4789 meta l4proto udp goto tunnel
            }
            chain from-pod {
              meta l4proto 4 goto tunnelled
              th dport 4789 meta l4proto udp goto tunnelled
              iifname . ip saddr @sources4 accept
              iifname . ip6 saddr @sources6 accept
              ip6 saddr { ::, fe80::/10 } accept
              iifname @pods counter name spoofed drop
            }
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
              meta l4proto 4 notrack
              th dport 4789 meta l4proto udp notrack
            }
            """,
        body(view(Map.of(), pool("blue", "10.65.0.0/16", false)), VXLAN, IPIP));
  }

  @Test
  void masqueradesWhatLeavesAllPools() {
    String body =
        body(
            view(
                Map.of(),
                pool("blue", "10.65.0.0/16", true),
                pool("green", "10.66.0.0/16", false),
                pool("six", "fd00:65::/48", false)),
            VXLAN);

    assertEquals(
        """
        set pools4 { type ipv4_addr; flags interval; elements = { 10.65.0.0/16, 10.66.0.0/16 } }
        set translated4 { type ipv4_addr; flags interval; elements = { 10.65.0.0/16 } }
        chain outgoing4 {
          masquerade fully-random
        }
        chain postrouting {
          type nat hook postrouting priority srcnat; policy accept;
          ip saddr @translated4 ip daddr != @pools4 goto outgoing4
          oifname { "vxlan.calico" } fib saddr . oif type != local fib saddr type local masquerade fully-random
        }
        """,
        body.substring(body.indexOf("set pools4")));
  }

  @Test
  void translatesAsFelixConfigurationSays() {
    Map<String, String> settings =
        Map.of(
            "natOutgoingAddress", "192.0.2.9",
            "natPortRange", "32768:65535",
            "natOutgoingExclusions", "IPPoolsAndHostIPs");

    String body =
        body(view(settings, pool("blue", "10.65.0.0/16", true), pool("six", "fd00:65::/48", true)));

    assertEquals(
        """
        chain outgoing4 {
          meta l4proto { tcp, udp } snat ip to 192.0.2.9:32768-65535 fully-random
          snat ip to 192.0.2.9 fully-random
        }
        chain outgoing6 {
          meta l4proto { tcp, udp } masquerade to :32768-65535 fully-random
          masquerade fully-random
        }
        chain postrouting {
          type nat hook postrouting priority srcnat; policy accept;
          ip saddr @translated4 ip daddr != @pools4 ip daddr != @nodes4 goto outgoing4
          ip6 saddr @translated6 ip6 daddr != @pools6 ip6 daddr != @nodes6 goto outgoing6
        }
        """,
        body.substring(body.indexOf("chain outgoing4")));
  }

  @Test
  void addressesOfLoadBalancersAreOutside() {
    PoolEntry services =
        new PoolEntry(
            "lb",
            Cidr.parse("10.67.0.0/16"),
            PoolMode.DIRECT,
            true,
            false,
            true,
            Optional.empty(),
            Optional.empty(),
            IpPool.RoutesFrom.AUTO,
            Set.of());

    String body = body(view(Map.of(), pool("blue", "10.65.0.0/16", true), services));

    assertFalse(body.contains("10.67.0.0/16"), body);
  }

  @Test
  void nodesAndPodsAreElements() {
    ClusterView view = view(Map.of(), pool("blue", "10.65.0.0/16", false));

    assertEquals(
        Set.of("nft element nodes4 { 192.0.2.1 }", "nft element nodes6 { 2001:db8::1 }"),
        HostRules.of(view, List.of()).stream()
            .filter(o -> o instanceof NftElement)
            .map(KernelObject::toString)
            .collect(Collectors.toSet()));
  }

  @Test
  void knowsPodsByTheirPrefix() {
    assertTrue(body(view(Map.of("interfacePrefix", "pod,cali"))).contains("iifname \"pod*\" goto"));
  }

  @Test
  void handsStrictFilteringFromAllToTheOtherLinks() {
    Map<String, Integer> filters =
        Map.of(
            "all",
            1,
            "default",
            0,
            "eth0",
            0,
            "eth1",
            0,
            "docker0",
            0,
            "br0",
            2,
            "cali1",
            1,
            "tunl0",
            0,
            "vxlan.calico",
            0);

    assertEquals(
        """
        sysctl net/ipv4/conf/eth0/rp_filter = 2
        sysctl net/ipv4/conf/docker0/rp_filter = 1
        sysctl net/ipv4/conf/eth1/rp_filter = 1
        sysctl net/ipv4/conf/default/rp_filter = 1
        sysctl net/ipv4/conf/all/rp_filter = 0\
        """,
        reversePath(filters));
  }

  @Test
  void keepsUplinksLoose() {
    String loose =
        """
        sysctl net/ipv4/conf/eth0/rp_filter = 2
        sysctl net/ipv4/conf/all/rp_filter = 0\
        """;

    assertEquals(loose, reversePath(Map.of("all", 0, "default", 1, "eth0", 1)));
    assertEquals(loose, reversePath(Map.of("all", 0, "default", 1, "eth0", 2)));
    assertEquals(
        "sysctl net/ipv4/conf/all/rp_filter = 0",
        reversePath(Map.of("all", 0, "default", 0, "eth0", 0)));
    assertEquals(
        "sysctl net/ipv4/conf/eth0/rp_filter = 2",
        reversePath(Map.of("all", 2, "default", 2, "eth0", 0)));
    assertEquals("", reversePath(Map.of()));
  }

  private static String reversePath(Map<String, Integer> filters) {
    List<Interface> links =
        filters.keySet().stream()
            .filter(name -> !name.equals("all") && !name.equals("default"))
            .sorted()
            .map(
                name ->
                    new Interface(
                        1,
                        name,
                        name.equals("tunl0") ? "ipip" : "",
                        "",
                        Optional.empty(),
                        1500,
                        true,
                        List.of()))
            .toList();
    Underlay underlay = new Underlay(links, Set.of(), Map.of(), Set.of(), filters);
    LocalNode self =
        new LocalNode("n1", Map.of(), Map.of(), Map.of(IpFamily.IPV4, "eth0"), 1500, Map.of());
    return ReversePath.of(self, underlay, List.of(VXLAN), "cali").stream()
        .map(Sysctl::toString)
        .collect(Collectors.joining("\n"));
  }

  private static String body(ClusterView view, Plan... plans) {
    return HostRules.of(view, List.of(plans)).stream()
        .filter(o -> o instanceof NftTable)
        .map(o -> ((NftTable) o).body())
        .findFirst()
        .orElseThrow();
  }

  private static PoolEntry pool(String name, String cidr, boolean natOutgoing) {
    return new PoolEntry(
        name,
        Cidr.parse(cidr),
        PoolMode.DIRECT,
        true,
        natOutgoing,
        false,
        Optional.empty(),
        Optional.empty(),
        IpPool.RoutesFrom.AUTO,
        Set.of());
  }

  private static ClusterView view(Map<String, String> settings, PoolEntry... pools) {
    Map<String, PoolEntry> byName = new HashMap<>();
    List.of(pools).forEach(p -> byName.put(p.name(), p));
    NodeEntry node =
        new NodeEntry(
            "n1",
            Map.of(
                IpFamily.IPV4, InterfaceAddress.parse("192.0.2.1/24"),
                IpFamily.IPV6, InterfaceAddress.parse("2001:db8::1/64")),
            Map.of(),
            Map.of(),
            Map.of(),
            Map.of(),
            Map.of());
    return new ClusterView(
        "n1", Map.of("n1", node), byName, new ArrayList<>(), List.of(), new Settings(settings));
  }
}
