// SPDX-License-Identifier: Apache-2.0
package io.margay.bgp.policy;

import io.margay.api.mode.LocalNode;
import io.margay.api.net.Cidr;
import io.margay.api.resource.BgpConfiguration;
import io.margay.api.resource.BgpFilter;
import io.margay.api.resource.BgpPeer;
import io.margay.api.resource.IpPool;
import io.margay.api.resource.Node;
import io.margay.api.resource.Resource;
import io.margay.api.sharing.SharingView;
import java.util.Collection;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * A view in which some resources are others: for asking what a change would do.
 *
 * @param configuration with what is supposed of it
 */
public record SupposedView(
    LocalNode self,
    Collection<Node> nodes,
    Set<Cidr> originated,
    Collection<IpPool> pools,
    Optional<BgpConfiguration> configuration,
    Collection<BgpPeer> peers,
    Collection<BgpFilter> filters)
    implements SharingView {
  /**
   * A view with these resources instead of those of their names, or beside the others.
   *
   * @throws IllegalArgumentException for a kind that is no business of route sharing
   */
  public static SupposedView of(SharingView view, Collection<Resource> supposed) {
    Map<String, Node> nodes = byName(view.nodes());
    Map<String, IpPool> pools = byName(view.pools());
    Map<String, BgpPeer> peers = byName(view.peers());
    Map<String, BgpFilter> filters = byName(view.filters());
    Optional<BgpConfiguration> configuration = view.configuration();
    for (Resource resource : supposed) {
      if (resource instanceof Node node) {
        nodes.put(node.name(), node);
      } else if (resource instanceof IpPool pool) {
        pools.put(pool.name(), pool);
      } else if (resource instanceof BgpPeer peer) {
        peers.put(peer.name(), peer);
      } else if (resource instanceof BgpFilter filter) {
        filters.put(filter.name(), filter);
      } else if (resource instanceof BgpConfiguration given) {
        configuration = configured(view, configuration, given);
      } else {
        throw new IllegalArgumentException(
            "kind: "
                + resource.kind()
                + " (expected: BGPConfiguration, BGPPeer, BGPFilter, Node or IPPool)");
      }
    }
    return new SupposedView(
        view.self(),
        nodes.values(),
        view.originated(),
        pools.values(),
        configuration,
        peers.values(),
        filters.values());
  }

  /** That of another node changes nothing here. */
  private static Optional<BgpConfiguration> configured(
      SharingView view, Optional<BgpConfiguration> now, BgpConfiguration given) {
    if (given.name().equals(BgpConfiguration.NAME)) {
      return Optional.of(given);
    }
    return given.name().equals(BgpConfiguration.nameFor(view.self().name()))
        ? Optional.of(now.orElse(BgpConfiguration.DEFAULT).overlaid(given))
        : now;
  }

  private static <T extends Resource> Map<String, T> byName(Collection<T> resources) {
    Map<String, T> map = new TreeMap<>();
    resources.forEach(resource -> map.put(resource.name(), resource));
    return map;
  }
}
