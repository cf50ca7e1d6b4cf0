// SPDX-License-Identifier: Apache-2.0
package io.margay.api.ipam;

import io.margay.api.net.Cidr;
import java.math.BigInteger;
import java.util.List;
import java.util.Optional;

/** How full the pools are. */
public record Usage(List<PoolUsage> pools) {
  public Usage {
    pools = List.copyOf(pools);
  }

  /**
   * A pool.
   *
   * @param size number of addresses
   * @param inUse number of addresses assigned
   */
  public record PoolUsage(
      String pool, Cidr cidr, BigInteger size, long inUse, List<BlockUsage> blocks) {
    public PoolUsage {
      blocks = List.copyOf(blocks);
    }
  }

  /**
   * A block.
   *
   * @param node whose block it is; empty when nobody's
   */
  public record BlockUsage(Cidr block, Optional<String> node, int size, int inUse) {}
}
