// SPDX-License-Identifier: Apache-2.0
package io.margay.ipam;

import io.margay.api.ipam.Usage;
import io.margay.api.ipam.Usage.BlockUsage;
import io.margay.api.ipam.Usage.PoolUsage;
import io.margay.api.resource.InvalidResourceException;
import io.margay.api.resource.IpPool;
import io.margay.api.resource.IpamBlock;
import io.margay.api.store.Entry;
import io.margay.api.store.Store;
import io.margay.api.store.StoreException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Counts what is in use, from the store as it is now. */
final class UsageReader {
  private static final Logger LOG = LoggerFactory.getLogger(UsageReader.class);

  private UsageReader() {}

  static Usage read(Store store) throws StoreException {
    List<BlockUsage> blocks = new ArrayList<>();
    for (IpamBlock block : readAll(store, IpamBlock.KIND, IpamBlock::parse)) {
      if (!block.deleted()) {
        int inUse = block.size() - block.freeCount();
        blocks.add(new BlockUsage(block.cidr(), block.owner(), block.size(), inUse));
      }
    }
    blocks.sort(Comparator.comparing(BlockUsage::block));
    List<PoolUsage> pools = new ArrayList<>();
    for (IpPool pool : readAll(store, IpPool.KIND, IpPool::parse)) {
      List<BlockUsage> its =
          blocks.stream().filter(block -> pool.cidr().contains(block.block())).toList();
      long inUse = its.stream().mapToLong(BlockUsage::inUse).sum();
      pools.add(new PoolUsage(pool.name(), pool.cidr(), pool.cidr().size(), inUse, its));
    }
    return new Usage(pools);
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
