// SPDX-License-Identifier: Apache-2.0
package io.margay.cni;

import io.margay.api.ipam.AddressRequest;
import io.margay.api.ipam.IpamException;
import io.margay.api.net.IpFamily;
import io.margay.api.resource.InvalidResourceException;
import io.margay.api.resource.IpPool;
import io.margay.api.resource.Namespace;
import io.margay.api.resource.Node;
import io.margay.api.store.Entry;
import io.margay.api.store.Key;
import io.margay.api.store.Store;
import io.margay.api.store.StoreException;
import io.margay.cni.Addressing.Pools;
import io.margay.cni.CniException.Code;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * What a call asks of the IPAM: its wishes and those of its namespace, as the pools can meet them.
 *
 * @param wanted with what the annotations of pod and namespace say
 * @param pools all that can be read
 */
record Addresses(String node, Namespace namespace, Addressing wanted, List<IpPool> pools) {
  /** Attribute of addresses that a pod of ours has. */
  static final String NETWORK = "network";

  Addresses {
    pools = List.copyOf(pools);
  }

  static Addresses of(Request request, String node, Store store)
      throws CniException, StoreException {
    Namespace namespace = namespace(store, Pod.namespace(request.args()));
    Addressing wanted =
        request
            .conf()
            .addressing()
            .withDeprecatedArg(Optional.ofNullable(request.args().get("IP")))
            .within(namespace);
    Addresses addresses = new Addresses(node, namespace, wanted, pools(store));
    addresses.checkFamilies();
    return addresses;
  }

  /** One address of each family that is wanted, out of the pools that are. */
  AddressRequest request(Request request, Map<String, String> nodeLabels) throws CniException {
    Attachment attachment = request.attachment();
    Map<String, String> attributes = new HashMap<>();
    attributes.put("node", node);
    attributes.put("container", attachment.container());
    attributes.put(NETWORK, attachment.network());
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
        families(nodeLabels),
        wanted.poolNames(),
        wanted.addresses(),
        namespace.labels(),
        attributes);
  }

  /** How a failure of the IPAM is answered. */
  static CniException failure(IpamException e) {
    Code code =
        switch (e.reason()) {
          case NO_POOL, EXHAUSTED, BLOCK_LIMIT, ADDRESS_UNAVAILABLE -> Code.NO_ADDRESS;
          case NODE_LOST, NODE_EXISTS, CONTENTION, STORE -> Code.TRY_AGAIN_LATER;
        };
    return new CniException(code, e.getMessage(), e);
  }

  /** As {@link #failure}, with the pools that were asked for and by whom. */
  CniException refusal(IpamException e) {
    CniException failure = failure(e);
    Optional<String> asked = asked().filter(text -> failure.code() == Code.NO_ADDRESS);
    return asked.isEmpty()
        ? failure
        : new CniException(failure.code(), failure.getMessage() + "; asked for: " + asked.get(), e);
  }

  /** Which pools are asked for and by whom, for people; empty when the pools' own rules decide. */
  Optional<String> asked() {
    String text =
        wanted.pools().values().stream()
            .filter(asked -> !asked.names().isEmpty())
            .map(asked -> String.join(", ", asked.names()) + " by " + asked.asker())
            .sorted()
            .collect(Collectors.joining("; "));
    return Optional.of(text).filter(t -> !t.isEmpty());
  }

  static Map<String, String> nodeLabels(Store store, String node) throws StoreException {
    Optional<Entry> entry = store.get(Key.of(Node.KIND, node));
    try {
      return entry.isPresent() ? Node.parse(entry.get().json()).metadata().labels() : Map.of();
    } catch (InvalidResourceException e) {
      throw new StoreException("Node " + node + ": " + e.getMessage(), e);
    }
  }

  /** A pool that cannot be read is reported by those who watch pools, and gives no address. */
  static List<IpPool> pools(Store store) throws StoreException {
    List<IpPool> pools = new ArrayList<>();
    for (Entry entry : store.list(IpPool.KIND).entries()) {
      try {
        pools.add(IpPool.parse(entry.json()));
      } catch (InvalidResourceException e) {
        continue;
      }
    }
    return pools;
  }

  /** Whether pods of a node can get addresses of a pool at all, be it because they ask for it. */
  static boolean serves(IpPool pool, Map<String, String> nodeLabels) {
    return !pool.disabled()
        && !pool.metadata().isBeingDeleted()
        && pool.allowedUses().contains(IpPool.AllowedUse.WORKLOAD)
        && pool.allocatable().orElse(true)
        && pool.nodeSelector().matches(nodeLabels);
  }

  /** A namespace that nobody has created has no labels but that of its name. */
  private static Namespace namespace(Store store, String name) throws CniException, StoreException {
    Optional<Entry> entry = store.get(Key.of(Namespace.KIND, name));
    try {
      return entry.isPresent() ? Namespace.parse(entry.get().json()) : Namespace.of(name);
    } catch (InvalidResourceException e) {
      throw new CniException(Code.NO_ADDRESS, e.getMessage(), e);
    } catch (IllegalArgumentException e) {
      throw new CniException(Code.INVALID_ENVIRONMENT, "CNI_ARGS: " + e.getMessage(), e);
    }
  }

  /** Refuses pools that are asked for as ones of the other family. */
  private void checkFamilies() throws CniException {
    for (Map.Entry<IpFamily, Pools> asked : wanted.pools().entrySet()) {
      for (IpPool pool : pools) {
        if (pool.cidr().family() != asked.getKey() && isNamed(pool, asked.getValue().names())) {
          throw new CniException(
              Code.INVALID_CONFIG,
              "%s: %s is %s (expected: a pool of %s)"
                  .formatted(
                      asked.getValue().asker(), pool.name(), pool.cidr(), text(asked.getKey())));
        }
      }
    }
  }

  private Set<IpFamily> families(Map<String, String> nodeLabels) throws CniException {
    Set<IpFamily> families = EnumSet.noneOf(IpFamily.class);
    wanted.addresses().forEach(address -> families.add(IpFamily.of(address)));
    if (!families.isEmpty()) {
      return families;
    }
    for (IpFamily family : IpFamily.values()) {
      if (wanted.assign().getOrDefault(family, isOffered(family, nodeLabels))) {
        families.add(family);
      }
    }
    if (families.isEmpty()) {
      families.addAll(refused());
    }
    if (families.isEmpty()) {
      throw NetConf.invalid("ipam", "assign_ipv4, assign_ipv6: false", "one of them at least");
    }
    return families;
  }

  private boolean isOffered(IpFamily family, Map<String, String> nodeLabels) {
    return !wanted.poolNames(family).isEmpty()
        || pools.stream()
            .filter(pool -> pool.cidr().family() == family)
            .filter(pool -> pool.assignmentMode() == IpPool.AssignmentMode.AUTOMATIC)
            .filter(pool -> pool.namespaceSelector().matches(namespace.labels()))
            .anyMatch(pool -> serves(pool, nodeLabels));
  }

  /** Families to ask for when no pool offers any: the IPAM will say why. */
  private Set<IpFamily> refused() {
    Set<IpFamily> families = EnumSet.noneOf(IpFamily.class);
    for (IpFamily family : IpFamily.values()) {
      boolean isPooled = pools.stream().anyMatch(pool -> pool.cidr().family() == family);
      if (wanted.assign().getOrDefault(family, true) && (isPooled || pools.isEmpty())) {
        families.add(family);
      }
    }
    return families;
  }

  private static boolean isNamed(IpPool pool, List<String> names) {
    return names.contains(pool.name()) || names.contains(pool.cidr().toString());
  }

  private static String text(IpFamily family) {
    return family == IpFamily.IPV4 ? "IPv4" : "IPv6";
  }
}
