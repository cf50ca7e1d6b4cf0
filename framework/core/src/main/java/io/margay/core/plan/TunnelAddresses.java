// SPDX-License-Identifier: Apache-2.0
package io.margay.core.plan;

import io.margay.api.mode.Info;
import io.margay.api.net.IpFamily;
import io.margay.core.view.ClusterView;
import io.margay.core.view.NodeEntry;
import io.margay.core.view.PoolEntry;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;

/** Decides which tunnel addresses this node is to have. */
public final class TunnelAddresses {
  private TunnelAddresses() {}

  /**
   * One address for each family in which a mode wants one and has a pool in use.
   *
   * @param infos of the modes that are provided; a mode without keeps what it has
   * @param poolsByMode names of the pools that ask for a mode or are still reached by it
   */
  public static List<TunnelWish> of(
      ClusterView view,
      Collection<Info> infos,
      Map<String, ? extends Collection<String>> poolsByMode) {
    Map<String, String> labels = view.own().map(NodeEntry::labels).orElse(Map.of());
    List<TunnelWish> wishes = new ArrayList<>();
    for (Info info : infos) {
      for (IpFamily family : info.tunnelAddresses()) {
        List<PoolEntry> pools =
            poolsByMode.containsKey(info.name())
                ? used(view, poolsByMode.get(info.name()), family)
                : List.of();
        if (!pools.isEmpty()) {
          List<PoolEntry> fitting = fitting(view.pools().values(), family, labels);
          wishes.add(wish(info.name(), family, pools, fitting));
        }
      }
    }
    return wishes.stream().sorted(Comparator.comparing(TunnelWish::key)).distinct().toList();
  }

  /** Pools that somebody can have an address of: of those that are disabled, the used ones. */
  private static List<PoolEntry> used(ClusterView view, Collection<String> names, IpFamily family) {
    return names.stream()
        .filter(view.pools()::containsKey)
        .map(view.pools()::get)
        .filter(p -> p.cidr().family() == family)
        .filter(
            p -> p.enabled() || view.blocks().stream().anyMatch(b -> p.cidr().contains(b.cidr())))
        .sorted(Comparator.comparing(PoolEntry::name))
        .toList();
  }

  /** Pools for tunnels of this node. */
  private static List<PoolEntry> fitting(
      Collection<PoolEntry> pools, IpFamily family, Map<String, String> labels) {
    return pools.stream()
        .filter(p -> p.cidr().family() == family)
        .filter(p -> p.tunnels().filter(s -> s.matches(labels)).isPresent())
        .sorted(Comparator.comparing(PoolEntry::name))
        .toList();
  }

  /**
   * An address may stay in a pool that goes another way now, for a tunnel address that changes
   * costs packets; a new one is rather of a pool that does not leave the mode.
   */
  private static TunnelWish wish(
      String mode, IpFamily family, List<PoolEntry> pools, List<PoolEntry> fitting) {
    List<PoolEntry> named = pools.stream().filter(fitting::contains).toList();
    boolean isAvailable = named.stream().anyMatch(PoolEntry::enabled);
    if (isAvailable) {
      named = named.stream().filter(PoolEntry::enabled).toList();
    }
    if (named.stream().anyMatch(p -> p.mode().name().equals(mode))) {
      named = named.stream().filter(p -> p.mode().name().equals(mode)).toList();
    }
    return new TunnelWish(
        mode,
        family,
        named.stream().map(PoolEntry::name).toList(),
        isAvailable,
        fitting.stream().map(PoolEntry::cidr).toList());
  }
}
