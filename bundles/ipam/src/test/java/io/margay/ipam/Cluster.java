// SPDX-License-Identifier: Apache-2.0
package io.margay.ipam;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.margay.api.ipam.AddressRequest;
import io.margay.api.ipam.AddressRequest.Use;
import io.margay.api.ipam.Assignment;
import io.margay.api.net.Cidr;
import io.margay.api.net.Ip;
import io.margay.api.net.IpFamily;
import io.margay.api.resource.Allocation;
import io.margay.api.resource.BlockAffinity;
import io.margay.api.resource.IpPool;
import io.margay.api.resource.IpamBlock;
import io.margay.api.resource.IpamHandle;
import io.margay.api.resource.Node;
import io.margay.api.resource.Resource;
import io.margay.api.store.Entry;
import io.margay.api.store.Expected;
import io.margay.api.store.Key;
import io.margay.api.store.Store;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/** What a test reads and writes in the store beside the address assignment under test. */
record Cluster(Store store) {
  Cluster with(Resource resource) throws Exception {
    store.put(resource.key(), resource.toJson(), Expected.ANY);
    return this;
  }

  Cluster withPool(String name, String cidr, int blockSize) throws Exception {
    return with(IpPool.of(name, Cidr.parse(cidr), blockSize));
  }

  Cluster withNode(String name, Map<String, String> labels) throws Exception {
    return with(Node.of(name).withLabels(labels));
  }

  Cluster withJson(String kind, String name, String json) throws Exception {
    store.put(Key.of(kind, name), json.getBytes("UTF-8"), Expected.ANY);
    return this;
  }

  static AddressRequest request(String handle, String node, IpFamily... families) {
    Set<IpFamily> wanted = families.length == 0 ? Set.of(IpFamily.IPV4) : Set.of(families);
    return new AddressRequest(
        handle, node, Use.WORKLOAD, wanted, List.of(), List.of(), Map.of(), Map.of("pod", handle));
  }

  static AddressRequest certain(String handle, String node, String... addresses) {
    List<InetAddress> wanted = Arrays.stream(addresses).map(Ip::parse).toList();
    return new AddressRequest(
        handle, node, Use.WORKLOAD, Set.of(), List.of(), wanted, Map.of(), Map.of());
  }

  static List<String> texts(Assignment assignment) {
    return assignment.addresses().stream().map(a -> Ip.text(a.address())).toList();
  }

  List<IpamBlock> blocks() throws Exception {
    List<IpamBlock> list = new ArrayList<>();
    for (Entry entry : store.list(IpamBlock.KIND).entries()) {
      list.add(IpamBlock.parse(entry.json()));
    }
    return list;
  }

  Optional<IpamHandle> handle(String handleId) throws Exception {
    Optional<Entry> entry = store.get(Key.of(IpamHandle.KIND, IpamHandle.nameOf(handleId)));
    return entry.isPresent() ? Optional.of(IpamHandle.parse(entry.get().json())) : Optional.empty();
  }

  /** Holder of every address that is held. */
  Map<String, String> allocations() throws Exception {
    Map<String, String> all = new TreeMap<>();
    for (IpamBlock block : blocks()) {
      block
          .allocations()
          .forEach((address, holder) -> all.put(Ip.text(address), holder.handleId().orElse("-")));
    }
    return all;
  }

  /** What must hold at every moment, whatever crashed: nothing leaks, nobody shares. */
  void checkInvariants() throws Exception {
    Map<String, Map<Cidr, Integer>> held = new HashMap<>();
    for (IpamBlock block : blocks()) {
      for (Map.Entry<InetAddress, Allocation> entry : block.allocations().entrySet()) {
        if (entry.getValue().releasedAt().isPresent()) {
          continue;
        }
        String handleId = entry.getValue().handleId().orElseThrow();
        held.computeIfAbsent(handleId, h -> new HashMap<>()).merge(block.cidr(), 1, Integer::sum);
      }
    }
    for (Map.Entry<String, Map<Cidr, Integer>> entry : held.entrySet()) {
      IpamHandle handle = handle(entry.getKey()).orElseThrow();
      entry
          .getValue()
          .forEach(
              (block, count) ->
                  assertTrue(handle.blocks().getOrDefault(block, 0) >= count, entry.getKey()));
    }
    for (Entry entry : store.list(BlockAffinity.KIND).entries()) {
      BlockAffinity affinity = BlockAffinity.parse(entry.json());
      if (affinity.state() == BlockAffinity.State.CONFIRMED) {
        IpamBlock block =
            IpamBlock.parse(store.get(Blocks.key(affinity.cidr())).orElseThrow().json());
        assertEquals(Optional.of(affinity.node()), block.owner());
      }
    }
  }
}
