// SPDX-License-Identifier: Apache-2.0
package io.margay.core.node;

import io.margay.api.ipam.Ipam;
import io.margay.api.ipam.IpamException;
import io.margay.api.net.IpFamily;
import io.margay.api.resource.InvalidResourceException;
import io.margay.api.resource.IpamHandle;
import io.margay.api.resource.Node;
import io.margay.api.store.Key;
import io.margay.api.store.Store;
import io.margay.api.store.StoreException;
import io.margay.core.view.TunnelFields;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Gives tunnel addresses back to IPAM that this node's resource does not name. Blocks. */
public final class TunnelRelease {
  private static final Logger LOG = LoggerFactory.getLogger(TunnelRelease.class);

  private final Ipam ipam;
  private final Store store;
  private final String node;

  public TunnelRelease(Ipam ipam, Store store, String node) {
    this.ipam = ipam;
    this.store = store;
    this.node = node;
  }

  /**
   * Releases what a mode holds for this node, but for families that the Node has an address of.
   *
   * @return whether the mode holds nothing now
   */
  public boolean release(String mode)
      throws StoreException, InvalidResourceException, IpamException {
    Optional<Node> found = new NodeDocument(store, node).read();
    boolean isAll = true;
    for (IpFamily family : IpFamily.values()) {
      String handle = TunnelAssignment.handle(mode, family, node);
      if (store.get(Key.of(IpamHandle.KIND, IpamHandle.nameOf(handle))).isEmpty()) {
        continue;
      }
      if (found.isEmpty() || isNamed(found.get(), TunnelFields.key(mode, family))) {
        isAll = false;
      } else {
        int count = ipam.release(handle, List.of());
        LOG.info("Tunnel address released handle={} count={}", handle, count);
      }
    }
    return isAll;
  }

  private static boolean isNamed(Node node, String key) throws InvalidResourceException {
    return TunnelFields.addresses(node).containsKey(key)
        || TunnelFields.parked(node).containsKey(key);
  }
}
