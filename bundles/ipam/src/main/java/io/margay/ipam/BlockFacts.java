// SPDX-License-Identifier: Apache-2.0
package io.margay.ipam;

import io.margay.api.net.Cidr;
import io.margay.api.resource.IpamBlock;
import java.util.Optional;
import java.util.Set;

/**
 * What is kept of every block of the cluster; small, since there are many thousands.
 *
 * @param free upper bound of the free addresses: those that cool down may be free by now
 * @param cooling how many of the free ones were cooling down when the block was written
 * @param users other nodes than the owner that use addresses of it
 */
record BlockFacts(
    Cidr cidr, Optional<String> owner, int size, int free, int cooling, Set<String> users) {
  static BlockFacts of(IpamBlock block) {
    // A block about to be deleted is no place for addresses.
    int cooling = block.deleted() ? 0 : block.coolingCount();
    int free = block.deleted() ? 0 : block.freeCount() + cooling;
    return new BlockFacts(
        block.cidr(),
        block.owner(),
        block.size(),
        free,
        cooling,
        Set.copyOf(block.borrowed().values()));
  }
}
