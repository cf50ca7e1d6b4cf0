// SPDX-License-Identifier: Apache-2.0
package io.margay.ipam;

import io.margay.api.ipam.Usage;
import io.margay.api.ipam.Usage.BlockUsage;
import io.margay.api.ipam.Usage.PoolUsage;
import io.margay.api.resource.InvalidResourceException;
import io.margay.api.resource.IpPool;
import io.margay.api.store.Entry;
import io.margay.api.store.Store;
import io.margay.api.store.StoreException;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Counts what is in use. */
final class UsageReader {
  private static final Logger LOG = LoggerFactory.getLogger(UsageReader.class);

  private UsageReader() {}

  /** Of what is known, without a look at the store: a cluster may have very many blocks. */
  static Usage read(StoreView view) {
    List<PoolUsage> pools = new ArrayList<>();
    for (IpPool pool : view.pools()) {
      List<BlockUsage> blocks =
          view.blockIndex().inside(pool.cidr()).stream().map(UsageReader::usage).toList();
      long inUse = blocks.stream().mapToLong(BlockUsage::inUse).sum();
      pools.add(new PoolUsage(pool.name(), pool.cidr(), pool.cidr().size(), inUse, blocks));
    }
    return new Usage(pools);
  }

  private static BlockUsage usage(BlockFacts facts) {
    int free = facts.free() - facts.cooling();
    return new BlockUsage(facts.cidr(), facts.owner(), facts.size(), facts.size() - free);
  }

  static <T> List<T> readAll(Store store, String kind, Mirror.Reader<T> reader)
      throws StoreException {
    List<T> all = new ArrayList<>();
    for (Entry entry : store.list(kind).entries()) {
      try {
        all.add(reader.read(entry.json()));
      } catch (InvalidResourceException e) {
        LOG.warn("Resource cannot be read and is not counted key={}", entry.key(), e);
      }
    }
    return all;
  }
}
