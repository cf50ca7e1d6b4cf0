// SPDX-License-Identifier: Apache-2.0
package io.margay.ipam;

import io.margay.api.ipam.Ipam.Freed;
import io.margay.api.ipam.IpamException;
import io.margay.api.ipam.IpamException.Reason;
import io.margay.api.net.Cidr;
import io.margay.api.resource.BlockAffinity;
import io.margay.api.resource.InvalidResourceException;
import io.margay.api.resource.IpamBlock;
import io.margay.api.resource.IpamHandle;
import io.margay.api.resource.Node;
import io.margay.api.resource.WorkloadEndpoint;
import io.margay.api.store.ConflictException;
import io.margay.api.store.Entry;
import io.margay.api.store.Expected;
import io.margay.api.store.Key;
import io.margay.api.store.Store;
import io.margay.api.store.StoreException;
import io.margay.api.store.Write;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Frees what a deleted node held: first endpoints and addresses, then block by block. Before each
 * step the Node must still be gone, so that a node that comes back keeps what is left.
 */
final class DeletedNode {
  private static final Logger LOG = LoggerFactory.getLogger(DeletedNode.class);

  private final Store store;
  private final BlockIpam ipam;
  private final String node;

  DeletedNode(Store store, BlockIpam ipam, String node) {
    this.store = store;
    this.ipam = ipam;
    this.node = node;
  }

  Freed free() throws IpamException {
    try {
      Map<String, Entry> endpoints = endpoints();
      Set<Cidr> used = blocks();
      int addresses = 0;
      Map<String, Holding> holdings = Holding.of(read(used));
      for (Holding holding : holdings.values()) {
        if (holding.node().equals(Optional.of(node))) {
          addresses += release(holding, Optional.ofNullable(endpoints.get(holding.handle())));
        }
      }
      settleHandles(used, holdings.keySet());
      int ended = 0;
      for (Entry endpoint : endpoints.values()) {
        ended += delete(endpoint);
      }
      int blocks = 0;
      for (Cidr cidr : used) {
        checkGone();
        blocks += ipam.giveBack(node, cidr, DeletedNode::isFree, true) ? 1 : 0;
      }
      if (ended + addresses + blocks > 0) {
        LOG.info(
            "Deleted node freed node={} endpoints={} addresses={} blocks={}",
            node,
            ended,
            addresses,
            blocks);
      }
      return new Freed(ended, addresses, blocks);
    } catch (StoreException e) {
      throw new IpamException(Reason.STORE, "node " + node + ": " + e.getMessage(), e);
    }
  }

  /** Addresses that cool down need not: there is nobody left to get them. */
  private static boolean isFree(IpamBlock block) {
    return block.allocations().values().stream().allMatch(a -> a.releasedAt().isPresent());
  }

  private int release(Holding holding, Optional<Entry> endpoint)
      throws IpamException, StoreException {
    checkGone();
    List<Write> along =
        endpoint.stream().map(e -> Write.delete(e.key(), Expected.at(e.revision()))).toList();
    return ipam.release(
        holding.handle(), new ReleaseJob.AsGiven(holding.sequences()), holding.blocks(), along);
  }

  /** Handles that count addresses in its blocks and hold none: a release was cut short. */
  private void settleHandles(Set<Cidr> blocks, Set<String> holders)
      throws IpamException, StoreException {
    for (IpamHandle handle : UsageReader.readAll(store, IpamHandle.KIND, IpamHandle::parse)) {
      boolean isHere = handle.blocks().keySet().stream().anyMatch(blocks::contains);
      if (isHere && !holders.contains(handle.handleId())) {
        ipam.release(handle.handleId(), ReleaseJob.Selection.NONE, Set.of(), List.of());
      }
    }
  }

  private int delete(Entry endpoint) throws IpamException, StoreException {
    checkGone();
    try {
      store.delete(endpoint.key(), Expected.at(endpoint.revision()));
    } catch (ConflictException e) {
      LOG.debug("Endpoint of a deleted node is gone already key={}", endpoint.key(), e);
    }
    return 1;
  }

  private void checkGone() throws IpamException, StoreException {
    if (store.get(Key.of(Node.KIND, node)).isPresent()) {
      throw new IpamException(Reason.NODE_EXISTS, "node " + node + " exists");
    }
  }

  /** By handle. */
  private Map<String, Entry> endpoints() throws StoreException {
    Map<String, Entry> endpoints = new HashMap<>();
    for (Entry entry : store.list(WorkloadEndpoint.KIND).entries()) {
      try {
        WorkloadEndpoint endpoint = WorkloadEndpoint.parse(entry.json());
        if (endpoint.node().equals(node)) {
          endpoints.put(endpoint.handle(), entry);
        }
      } catch (InvalidResourceException e) {
        LOG.warn("Endpoint cannot be read and stays key={}", entry.key(), e);
      }
    }
    return endpoints;
  }

  /** Blocks that it owns, uses or claims, as the store has them: nothing may be overlooked. */
  private Set<Cidr> blocks() throws StoreException {
    Set<Cidr> blocks = new TreeSet<>();
    for (IpamBlock block : UsageReader.readAll(store, IpamBlock.KIND, IpamBlock::parse)) {
      boolean isUser =
          block.allocations().values().stream()
              .anyMatch(a -> a.node().filter(node::equals).isPresent());
      if (isUser || block.owner().equals(Optional.of(node))) {
        blocks.add(block.cidr());
      }
    }
    for (BlockAffinity affinity :
        UsageReader.readAll(store, BlockAffinity.KIND, BlockAffinity::parse)) {
      if (affinity.type() == BlockAffinity.Type.HOST && affinity.node().equals(node)) {
        blocks.add(affinity.cidr());
      }
    }
    return blocks;
  }

  private List<Held<IpamBlock>> read(Set<Cidr> blocks) throws StoreException {
    List<Held<IpamBlock>> read = new ArrayList<>();
    for (Cidr cidr : blocks) {
      Optional<Entry> entry = store.get(Blocks.key(cidr));
      if (entry.isPresent()) {
        try {
          IpamBlock block = IpamBlock.parse(entry.get().json());
          read.add(new Held<>(block, entry.get().revision()));
        } catch (InvalidResourceException e) {
          throw new StoreException(entry.get().key() + " cannot be used: " + e.getMessage(), e);
        }
      }
    }
    return read;
  }
}
