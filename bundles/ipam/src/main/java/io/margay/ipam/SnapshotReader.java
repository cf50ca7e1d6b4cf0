// SPDX-License-Identifier: Apache-2.0
package io.margay.ipam;

import io.margay.api.net.Cidr;
import io.margay.api.net.Ip;
import io.margay.api.resource.BlockAffinity;
import io.margay.api.resource.InvalidResourceException;
import io.margay.api.resource.IpPool;
import io.margay.api.resource.IpamBlock;
import io.margay.api.resource.IpamHandle;
import io.margay.api.resource.Node;
import io.margay.api.resource.Resource;
import io.margay.api.resource.WorkloadEndpoint;
import io.margay.api.store.Entry;
import io.margay.api.store.Key;
import io.margay.api.store.Store;
import io.margay.api.store.StoreException;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** Reads snapshots. Blocks; on any thread, one snapshot at a time. */
final class SnapshotReader {
  private final Store store;
  private final StoreView view;
  private final Clock clock;
  private final String self;
  private Map<Key, String> unreadable = new LinkedHashMap<>();

  SnapshotReader(Store store, StoreView view, Clock clock, String self) {
    this.store = store;
    this.view = view;
    this.clock = clock;
    this.self = self;
  }

  /**
   * The whole cluster.
   *
   * @param links of this node, read before; empty when nobody can read the kernel
   */
  Snapshot whole(Optional<Map<String, String>> links) throws StoreException {
    unreadable = new LinkedHashMap<>();
    List<Held<WorkloadEndpoint>> endpoints = list(WorkloadEndpoint.KIND, WorkloadEndpoint::parse);
    Map<Cidr, Held<IpamBlock>> blocks = new TreeMap<>();
    list(IpamBlock.KIND, IpamBlock::parse).forEach(held -> blocks.put(held.value().cidr(), held));
    List<Entry> nodes = store.list(Node.KIND).entries();
    return new Snapshot(
        self,
        true,
        nodes.stream().map(entry -> entry.key().name()).collect(Collectors.toSet()),
        list(IpPool.KIND, IpPool::parse).stream().map(Held::value).toList(),
        blocks,
        blocks::containsKey,
        list(BlockAffinity.KIND, BlockAffinity::parse),
        Optional.of(handles()),
        endpoints,
        links,
        nodes.stream()
            .collect(Collectors.toMap(entry -> entry.key().name(), SnapshotReader::addresses)),
        unreadable,
        coolUntil());
  }

  /**
   * What concerns this node, found by what is known of the store.
   *
   * @param endpoints of this node
   * @param withHandles whether to read the handles, which are many
   */
  Snapshot own(
      List<Held<WorkloadEndpoint>> endpoints,
      Optional<Map<String, String>> links,
      boolean withHandles)
      throws StoreException {
    unreadable = new LinkedHashMap<>();
    Set<Cidr> wanted = new TreeSet<>(view.blocksUsedBy(self));
    List<Held<BlockAffinity>> affinities = new ArrayList<>();
    for (StoreView.AffinityFacts facts : view.affinities().group(self)) {
      wanted.add(facts.cidr());
      get(Claims.affinityKey(self, facts.cidr()), BlockAffinity::parse).ifPresent(affinities::add);
    }
    wanted.addAll(view.blockIndex().orphans());
    List<IpPool> pools = view.pools();
    for (Held<WorkloadEndpoint> endpoint : endpoints) {
      endpoint.value().ipNetworks().forEach(cidr -> block(pools, cidr).ifPresent(wanted::add));
    }
    Map<Cidr, Held<IpamBlock>> blocks = new TreeMap<>();
    for (Cidr cidr : wanted) {
      get(Blocks.key(cidr), IpamBlock::parse).ifPresent(held -> blocks.put(cidr, held));
    }
    Optional<Entry> node = store.get(Key.of(Node.KIND, self));
    return new Snapshot(
        self,
        false,
        nodes(node),
        pools,
        blocks,
        cidr -> blocks.containsKey(cidr) || view.blockIndex().contains(cidr),
        affinities,
        withHandles ? Optional.of(handles()) : Optional.empty(),
        endpoints,
        links,
        node.isPresent() ? Map.of(self, addresses(node.get())) : Map.of(),
        unreadable,
        coolUntil());
  }

  private Set<String> nodes(Optional<Entry> own) {
    Set<String> nodes = new HashSet<>(view.nodes());
    nodes.remove(self);
    own.ifPresent(entry -> nodes.add(self));
    return nodes;
  }

  private static Optional<Cidr> block(List<IpPool> pools, Cidr address) {
    return pools.stream()
        .filter(pool -> pool.cidr().contains(address))
        .findFirst()
        .map(pool -> Cidr.containing(address.network(), pool.blockSize()));
  }

  private Map<String, Held<IpamHandle>> handles() throws StoreException {
    Map<String, Held<IpamHandle>> handles = new HashMap<>();
    list(IpamHandle.KIND, IpamHandle::parse)
        .forEach(held -> handles.put(held.value().name(), held));
    return handles;
  }

  private Instant coolUntil() {
    return clock.instant().minusSeconds(view.configuration().ipCooldownSeconds());
  }

  private <R extends Resource> List<Held<R>> list(String kind, Mirror.Reader<R> reader)
      throws StoreException {
    List<Held<R>> list = new ArrayList<>();
    for (Entry entry : store.list(kind).entries()) {
      read(entry, reader).ifPresent(list::add);
    }
    return list;
  }

  private <R extends Resource> Optional<Held<R>> get(Key key, Mirror.Reader<R> reader)
      throws StoreException {
    Optional<Entry> entry = store.get(key);
    return entry.isPresent() ? read(entry.get(), reader) : Optional.empty();
  }

  private <R extends Resource> Optional<Held<R>> read(Entry entry, Mirror.Reader<R> reader) {
    try {
      return Optional.of(new Held<>(reader.read(entry.json()), entry.revision()));
    } catch (InvalidResourceException e) {
      unreadable.put(entry.key(), "cannot be read: " + e.getMessage());
      return Optional.empty();
    }
  }

  /**
   * Every address that a Node names anywhere: tunnel addresses are in Calico's fields, or in
   * annotations of modes that are not known here.
   */
  private static Set<InetAddress> addresses(Entry node) {
    Set<InetAddress> addresses = new HashSet<>();
    String text = new String(node.json(), StandardCharsets.UTF_8);
    for (String word : text.split("[^0-9a-fA-F.:]+")) {
      String address = word.replaceAll("^:+(?!:)|(?<!:):$", "");
      if (address.matches(".*[.:].*[.:].*")) {
        try {
          addresses.add(Ip.parse(address));
        } catch (IllegalArgumentException e) {
          continue; // A time, a MAC address, a part of a name.
        }
      }
    }
    return addresses;
  }
}
