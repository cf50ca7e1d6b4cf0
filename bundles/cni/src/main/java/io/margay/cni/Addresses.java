// SPDX-License-Identifier: Apache-2.0
package io.margay.cni;

import io.margay.api.ipam.AddressRequest;
import io.margay.api.ipam.IpamException;
import io.margay.api.net.IpFamily;
import io.margay.api.resource.InvalidResourceException;
import io.margay.api.resource.IpPool;
import io.margay.api.resource.Node;
import io.margay.api.store.Entry;
import io.margay.api.store.Key;
import io.margay.api.store.Store;
import io.margay.api.store.StoreException;
import io.margay.cni.CniException.Code;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Turns what a configuration and the pools say into a request to the IPAM. */
final class Addresses {
  /** A runtime does not tell the labels of a pod's namespace. */
  private static final Map<String, String> NAMESPACE_LABELS = Map.of();

  private Addresses() {}

  /**
   * One address of each family that the node has a pool for, unless the configuration says
   * otherwise.
   */
  static AddressRequest request(Request request, String node, Store store)
      throws CniException, StoreException {
    Addressing wanted = request.conf().addressing();
    wanted = wanted.withDeprecatedArg(Optional.ofNullable(request.args().get("IP")));
    Set<IpFamily> families = families(wanted, pools(store, node, wanted.pools()));
    if (families.isEmpty()) {
      throw new CniException(
          Code.NO_ADDRESS, "no enabled IP pool gives addresses to pods on node " + node);
    }
    Attachment attachment = request.attachment();
    Map<String, String> attributes = new HashMap<>();
    attributes.put("node", node);
    attributes.put("container", attachment.container());
    attributes.put("network", attachment.network());
    Pod.of(request.args())
        .ifPresent(
            pod -> {
              attributes.put("pod", pod.name());
              attributes.put("namespace", pod.namespace());
            });
    return new AddressRequest(
        attachment.handle(),
        node,
        AddressRequest.Use.WORKLOAD,
        families,
        wanted.pools(),
        wanted.addresses(),
        NAMESPACE_LABELS,
        attributes);
  }

  /** How a failure of the IPAM is answered. */
  static CniException failure(IpamException e) {
    Code code =
        switch (e.reason()) {
          case NO_POOL, EXHAUSTED, BLOCK_LIMIT, ADDRESS_UNAVAILABLE -> Code.NO_ADDRESS;
          case CONTENTION, STORE -> Code.TRY_AGAIN_LATER;
        };
    return new CniException(code, e.getMessage(), e);
  }

  /**
   * Pools that give addresses to pods of the node, unasked or because they are named.
   *
   * @param named names or CIDRs; what is wrong with one that no pool has, IPAM says
   */
  static List<IpPool> pools(Store store, String node, List<String> named) throws StoreException {
    Map<String, String> labels = labels(store, node);
    List<IpPool> pools = new ArrayList<>();
    for (Entry entry : store.list(IpPool.KIND).entries()) {
      Optional<IpPool> pool = read(entry);
      if (pool.isPresent() && (isNamed(pool.get(), named) || serves(pool.get(), labels))) {
        pools.add(pool.get());
      }
    }
    return pools;
  }

  private static boolean isNamed(IpPool pool, List<String> named) {
    return named.contains(pool.name()) || named.contains(pool.cidr().toString());
  }

  private static boolean serves(IpPool pool, Map<String, String> nodeLabels) {
    return !pool.disabled()
        && !pool.metadata().isBeingDeleted()
        && pool.allowedUses().contains(IpPool.AllowedUse.WORKLOAD)
        && pool.assignmentMode() == IpPool.AssignmentMode.AUTOMATIC
        && pool.allocatable().orElse(true)
        && pool.nodeSelector().matches(nodeLabels)
        && pool.namespaceSelector().matches(NAMESPACE_LABELS);
  }

  private static Set<IpFamily> families(Addressing wanted, List<IpPool> pools) {
    Set<IpFamily> families = EnumSet.noneOf(IpFamily.class);
    if (!wanted.addresses().isEmpty()) {
      for (InetAddress address : wanted.addresses()) {
        families.add(IpFamily.of(address));
      }
      return families;
    }
    for (IpFamily family : IpFamily.values()) {
      boolean isOffered = pools.stream().anyMatch(pool -> pool.cidr().family() == family);
      if (wanted.assign().getOrDefault(family, isOffered)) {
        families.add(family);
      }
    }
    return families;
  }

  private static Map<String, String> labels(Store store, String node) throws StoreException {
    Optional<Entry> entry = store.get(Key.of(Node.KIND, node));
    try {
      return entry.isPresent() ? Node.parse(entry.get().json()).metadata().labels() : Map.of();
    } catch (InvalidResourceException e) {
      throw new StoreException("Node " + node + ": " + e.getMessage(), e);
    }
  }

  /** A pool that cannot be read is reported by those who watch pools, and gives no address. */
  private static Optional<IpPool> read(Entry entry) {
    try {
      return Optional.of(IpPool.parse(entry.json()));
    } catch (InvalidResourceException e) {
      return Optional.empty();
    }
  }
}
