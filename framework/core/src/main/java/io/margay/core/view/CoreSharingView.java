// SPDX-License-Identifier: Apache-2.0
package io.margay.core.view;

import io.margay.api.mode.LocalNode;
import io.margay.api.net.Cidr;
import io.margay.api.resource.BgpConfiguration;
import io.margay.api.resource.BgpFilter;
import io.margay.api.resource.BgpPeer;
import io.margay.api.resource.IpPool;
import io.margay.api.resource.Node;
import io.margay.api.sharing.SharingView;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** The {@link SharingView} that core hands out: equal views mean that no input changed. */
public record CoreSharingView(
    LocalNode self,
    List<Node> nodes,
    Set<Cidr> originated,
    List<IpPool> pools,
    Optional<BgpConfiguration> configuration,
    List<BgpPeer> peers,
    List<BgpFilter> filters)
    implements SharingView {
  public CoreSharingView {
    nodes = List.copyOf(nodes);
    originated = Set.copyOf(originated);
    pools = List.copyOf(pools);
    peers = List.copyOf(peers);
    filters = List.copyOf(filters);
  }
}
