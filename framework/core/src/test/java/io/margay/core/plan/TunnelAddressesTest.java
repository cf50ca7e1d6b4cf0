// SPDX-License-Identifier: Apache-2.0
package io.margay.core.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.margay.api.mode.Info;
import io.margay.api.mode.Settings;
import io.margay.api.net.Cidr;
import io.margay.api.net.IpFamily;
import io.margay.api.resource.Encapsulation;
import io.margay.api.resource.IpPool;
import io.margay.api.resource.IpPool.AllowedUse;
import io.margay.api.resource.Node;
import io.margay.core.view.BlockEntry;
import io.margay.core.view.ClusterView;
import io.margay.core.view.PoolEntry;
import io.margay.core.view.Readers;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class TunnelAddressesTest {
  private static final List<Info> INFOS =
      List.of(
          Info.of("direct"),
          Info.of("ipip").withTunnelAddresses(Set.of(IpFamily.IPV4)),
          Info.of("vxlan").withTunnelAddresses(Set.of(IpFamily.IPV4, IpFamily.IPV6)));
  private static final IpPool FOUR = IpPool.of("four", Cidr.parse("10.65.0.0/16"));
  private static final IpPool SIX = IpPool.of("six", Cidr.parse("fd00:65::/64"));

  @Test
  void wantsOneForEachModeAndFamilyInUse() throws Exception {
    ClusterView view = view(FOUR, SIX);

    assertEquals("", text(view, Map.of()));
    assertEquals("", text(view, Map.of("direct", List.of("four", "six"))));
    assertEquals(
        "ipip/IPV4 of [four]",
        text(view, Map.of("ipip", List.of("four", "six"))),
        "IPIP carries no IPv6");
    assertEquals(
        "vxlan/IPV4 of [four]\nvxlan/IPV6 of [six]",
        text(view, Map.of("vxlan", List.of("six", "four"))));
  }

  @Test
  void wantsOneForTheModeThatAPoolIsLeaving() throws Exception {
    assertEquals(
        "ipip/IPV4 of [four]\nvxlan/IPV4 of [four]",
        text(view(FOUR), Map.of("ipip", List.of("four"), "vxlan", List.of("four"))));
  }

  @Test
  void takesItFromAPoolThatStaysAndKeepsItInOneThatLeaves() throws Exception {
    IpPool staying =
        IpPool.of("staying", Cidr.parse("10.66.0.0/16"))
            .withModes(Encapsulation.NEVER, Encapsulation.ALWAYS);
    Map<String, List<String>> inUse = Map.of("vxlan", List.of("four", "staying"));

    TunnelWish wish = TunnelAddresses.of(view(FOUR, SIX, staying), INFOS, inUse).get(0);

    assertEquals(List.of("staying"), wish.pools());
    assertEquals(List.of(FOUR.cidr(), staying.cidr()), wish.fitting());
  }

  @Test
  void takesItFromPoolsForTunnelsOfThisNode() throws Exception {
    IpPool pods =
        IpPool.of("pods", Cidr.parse("10.66.0.0/16")).withAllowedUses(Set.of(AllowedUse.WORKLOAD));
    IpPool others = IpPool.of("others", Cidr.parse("10.67.0.0/16")).withNodeSelector("rack == '2'");
    Map<String, List<String>> inUse = Map.of("ipip", List.of("four", "pods", "others"));

    assertEquals("ipip/IPV4 of [four]", text(view(FOUR, pods, others), inUse));
    assertEquals("ipip/IPV4 of []", text(view(pods, others), inUse));
  }

  @Test
  void leavesWhatIsDisabledToWhoHasAnAddressOfIt() throws Exception {
    IpPool disabled = FOUR.withDisabled(true);
    IpPool other = IpPool.of("other", Cidr.parse("10.66.0.0/16"));
    Map<String, List<String>> inUse = Map.of("ipip", List.of("four", "other"));
    BlockEntry block = new BlockEntry(Cidr.parse("10.65.0.0/26"), Optional.of("n2"), Map.of());

    assertEquals("", text(view(disabled), inUse));
    ClusterView used = with(view(disabled), block);
    assertEquals("ipip/IPV4 of [four], unavailable", text(used, inUse));
    ClusterView both = with(view(disabled, other), block);
    assertEquals("ipip/IPV4 of [other]", text(both, inUse));
    assertEquals(
        List.of(disabled.cidr(), other.cidr()),
        TunnelAddresses.of(both, INFOS, inUse).get(0).fitting());
  }

  private static String text(ClusterView view, Map<String, List<String>> poolsByMode) {
    return TunnelAddresses.of(view, INFOS, poolsByMode).stream()
        .map(w -> w.key() + " of " + w.pools() + (isUnavailable(w) ? ", unavailable" : ""))
        .collect(Collectors.joining("\n"));
  }

  private static boolean isUnavailable(TunnelWish wish) {
    return !wish.pools().isEmpty() && !wish.available();
  }

  private static ClusterView view(IpPool... pools) throws Exception {
    Map<String, PoolEntry> entries = new TreeMap<>();
    Arrays.stream(pools).map(Readers::pool).forEach(p -> entries.put(p.name(), p));
    Node node = Node.of("n1").withLabels(Map.of("rack", "1"));
    return new ClusterView(
        "n1",
        Map.of("n1", Readers.node(node)),
        entries,
        List.of(),
        List.of(),
        new Settings(Map.of()));
  }

  private static ClusterView with(ClusterView view, BlockEntry block) {
    return new ClusterView(
        view.self(), view.nodes(), view.pools(), List.of(block), view.claimed(), view.settings());
  }
}
