// SPDX-License-Identifier: Apache-2.0
package io.margay.bench;

import io.margay.api.net.Cidr;
import io.margay.api.net.InterfaceAddress;
import io.margay.api.net.Ip;
import io.margay.api.net.IpFamily;
import io.margay.api.resource.Allocation;
import io.margay.api.resource.BlockAffinity;
import io.margay.api.resource.InvalidResourceException;
import io.margay.api.resource.IpPool;
import io.margay.api.resource.IpamBlock;
import io.margay.api.resource.Node;
import io.margay.api.resource.Resource;
import io.margay.api.resource.WorkloadEndpoint;
import io.margay.api.store.Entry;
import io.margay.api.store.Expected;
import io.margay.api.store.Outcome;
import io.margay.api.store.Store;
import io.margay.api.store.StoreException;
import io.margay.api.store.Write;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;

/** Documents of a cluster: one pool, nodes with four blocks each, some pods in every block. */
record IpamCluster(Store store) {
  private static final Cidr POOL = Cidr.parse("10.0.0.0/8");
  private static final int BLOCK_LENGTH = 26;
  private static final int BLOCKS_PER_NODE = 4;
  private static final int PODS_PER_BLOCK = 16;
  private static final int NODES_PER_WRITE = 50;

  /** Writes the pool and so many nodes. */
  void write(int nodes) throws StoreException {
    List<Resource> documents = new ArrayList<>(List.of(IpPool.of("bench", POOL, BLOCK_LENGTH)));
    Random random = new Random(nodes);
    Set<Long> taken = new HashSet<>();
    for (int i = 0; i < nodes; i++) {
      addNode(i, random, taken, documents);
      if (i % NODES_PER_WRITE == 0) {
        write(documents);
        documents.clear();
      }
    }
    write(documents);
  }

  /** Nodes look for blocks from a place of their own on, so that blocks lie scattered. */
  private static void addNode(int i, Random random, Set<Long> taken, List<Resource> documents) {
    String name = "filled" + i;
    InterfaceAddress address = new InterfaceAddress(Ip.plus(Ip.parse("172.16.0.1"), i), 12);
    documents.add(Node.of(name).withAddress(IpFamily.IPV4, Optional.of(address)));
    int bits = BLOCK_LENGTH - POOL.length();
    for (int b = 0; b < BLOCKS_PER_NODE; b++) {
      long place = random.nextInt(1 << bits);
      while (!taken.add(place)) {
        place = random.nextInt(1 << bits);
      }
      Cidr cidr = new Cidr(POOL.address(place << 32 - BLOCK_LENGTH), BLOCK_LENGTH);
      IpamBlock block = IpamBlock.claimedBy(name, cidr, Instant.now());
      for (int pod = 0; pod < PODS_PER_BLOCK; pod++) {
        String handle = name + "-" + b + "-" + pod;
        Map<String, String> attributes =
            Map.of("node", name, "namespace", "default", "pod", handle, "network", "bench");
        block =
            block.withAssigned(
                List.of(cidr.address(pod)), Allocation.of("bench." + handle, attributes));
      }
      documents.add(block);
      documents.add(BlockAffinity.of(name, cidr, BlockAffinity.State.CONFIRMED));
    }
  }

  private void write(List<Resource> documents) throws StoreException {
    List<Write> writes =
        documents.stream().map(d -> Write.put(d.key(), d.toJson(), Expected.ABSENT)).toList();
    List<Outcome> outcomes = store.write(writes);
    if (outcomes.size() < writes.size()) {
      throw new StoreException("written only " + outcomes.size() + " of " + writes.size());
    }
  }

  static IpamBlock block(Entry entry) throws StoreException {
    try {
      return IpamBlock.parse(entry.json());
    } catch (InvalidResourceException e) {
      throw new StoreException(entry.key() + ": " + e.getMessage(), e);
    }
  }

  static WorkloadEndpoint endpoint(String node, String handle) {
    return WorkloadEndpoint.ofContainer(
        "default", node, handle, "eth0", "cali" + Integer.toHexString(handle.hashCode()));
  }
}
