// SPDX-License-Identifier: Apache-2.0
package io.margay.api.sharing;

import io.margay.api.mode.LocalNode;
import io.margay.api.net.Cidr;
import io.margay.api.resource.BgpConfiguration;
import io.margay.api.resource.BgpFilter;
import io.margay.api.resource.BgpPeer;
import io.margay.api.resource.IpPool;
import io.margay.api.resource.Node;
import java.util.Collection;
import java.util.Optional;
import java.util.Set;
import org.osgi.annotation.versioning.ProviderType;

/** All that route sharing may know. Immutable. */
@ProviderType
public interface SharingView {
  LocalNode self();

  /** Every node of the cluster, this one included. */
  Collection<Node> nodes();

  /** Confirmed blocks of this node, and addresses of its pods outside of them. */
  Set<Cidr> originated();

  Collection<IpPool> pools();

  /** The {@code default} configuration with this node's own laid over it. */
  Optional<BgpConfiguration> configuration();

  Collection<BgpPeer> peers();

  Collection<BgpFilter> filters();
}
