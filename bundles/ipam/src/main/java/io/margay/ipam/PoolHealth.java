// SPDX-License-Identifier: Apache-2.0
package io.margay.ipam;

import io.margay.api.health.Health;
import io.margay.api.resource.IpPool;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;

/** Finds pools that have no address left. */
final class PoolHealth {
  private static final String NAME = "ipam";

  private PoolHealth() {}

  static Health check(StoreView view) {
    List<String> full = new ArrayList<>();
    for (IpPool pool : view.pools()) {
      if (!pool.disabled() && free(pool, view).signum() == 0) {
        full.add(PoolChoice.name(pool));
      }
    }
    return full.isEmpty()
        ? Health.ok(NAME)
        : Health.degraded(
            NAME,
            "no address left in "
                + String.join(", ", full)
                + ": new pods need another pool, or fewer pods");
  }

  /** Addresses in no block yet, and free ones in blocks. */
  private static BigInteger free(IpPool pool, StoreView view) {
    BigInteger held = BigInteger.ZERO;
    for (BlockFacts block : view.blocks().values()) {
      if (pool.cidr().contains(block.cidr())) {
        held = held.add(BigInteger.valueOf(block.size() - block.free()));
      }
    }
    return pool.cidr().size().subtract(held);
  }
}
