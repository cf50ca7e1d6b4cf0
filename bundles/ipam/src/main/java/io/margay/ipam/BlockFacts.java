// SPDX-License-Identifier: Apache-2.0
package io.margay.ipam;

import io.margay.api.net.Cidr;
import io.margay.api.resource.IpamBlock;
import java.util.Optional;

/**
 * What is kept of every block of the cluster; small, since there are many thousands.
 *
 * @param free upper bound of the free addresses: those that cool down may be free by now
 * @param cooling how many of the free ones were cooling down when the block was written
 */
record BlockFacts(Cidr cidr, Optional<String> owner, int size, int free, int cooling) {
  static BlockFacts of(IpamBlock block) {
    // A block about to be deleted is no place for addresses.
    int cooling = block.deleted() ? 0 : block.coolingCount();
    int free = block.deleted() ? 0 : block.freeCount() + cooling;
    return new BlockFacts(block.cidr(), block.owner(), block.size(), free, cooling);
  }
}
