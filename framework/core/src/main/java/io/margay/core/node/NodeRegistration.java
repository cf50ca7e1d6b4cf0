// SPDX-License-Identifier: Apache-2.0
package io.margay.core.node;

import io.margay.api.dataplane.ActualState.Interface;
import io.margay.api.net.Cidr;
import io.margay.api.net.InterfaceAddress;
import io.margay.api.net.Ip;
import io.margay.api.net.IpFamily;
import io.margay.api.resource.ClusterInformation;
import io.margay.api.resource.InvalidResourceException;
import io.margay.api.resource.IpPool;
import io.margay.api.resource.Node;
import io.margay.api.store.ConflictException;
import io.margay.api.store.Entry;
import io.margay.api.store.Expected;
import io.margay.api.store.Key;
import io.margay.api.store.Store;
import io.margay.api.store.StoreException;
import java.security.SecureRandom;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What a starting node writes into the store. Blocks; keeps everything that others wrote. */
public final class NodeRegistration {
  /** Says that the cluster had its default pools, so that deleting them lasts. */
  static final String POOLS_MADE = "margay.io/default-pools-made";

  static final String POOL_V4 = "default-ipv4-ippool";
  static final String POOL_V6 = "default-ipv6-ippool";

  private static final Logger LOG = LoggerFactory.getLogger(NodeRegistration.class);
  private static final int MAX_CONFLICTS = 20;

  private final Store store;
  private final String node;
  private final List<Cidr> poolCandidates;

  /**
   * A registration.
   *
   * @param poolCandidates the first that collides with no interface becomes the default IPv4 pool
   */
  public NodeRegistration(Store store, String node, List<Cidr> poolCandidates) {
    this.store = store;
    this.node = node;
    this.poolCandidates = List.copyOf(poolCandidates);
  }

  /**
   * Writes the Node with these addresses, the cluster's information when it is absent, and the
   * default pools of a new cluster.
   *
   * @param addresses those found; an address that the Node has and that was not found stays
   * @throws InvalidResourceException a document that is there already cannot be read
   */
  public void register(Map<IpFamily, InterfaceAddress> addresses, List<Interface> links)
      throws StoreException, InvalidResourceException {
    retrying(() -> writeNode(addresses));
    retrying(this::writeInformation);
    if (!poolsWereMade()) {
      makePools(addresses, links);
      retrying(this::rememberPools);
    }
  }

  private void writeNode(Map<IpFamily, InterfaceAddress> addresses)
      throws StoreException, InvalidResourceException {
    Optional<Entry> found = store.get(Key.of(Node.KIND, node));
    Node before = found.isPresent() ? Node.parse(found.get().json()) : Node.of(node);
    Node after = before;
    for (InterfaceAddress address : addresses.values()) {
      after = after.withAddress(address.family(), Optional.of(address));
    }
    if (found.isEmpty() || !after.equals(before)) {
      store.put(after.key(), after.toJson(), expected(found));
      LOG.info("Node written node={} addresses={}", node, addresses.values());
    }
  }

  private void writeInformation() throws StoreException, InvalidResourceException {
    Key key = Key.of(ClusterInformation.KIND, ClusterInformation.NAME);
    if (store.get(key).isEmpty()) {
      String guid = UUID.randomUUID().toString().replace("-", "");
      store.put(key, ClusterInformation.of(guid).toJson(), Expected.ABSENT);
      LOG.info("Cluster created guid={}", guid);
    }
  }

  private boolean poolsWereMade() throws StoreException, InvalidResourceException {
    Optional<Entry> found = store.get(Key.of(ClusterInformation.KIND, ClusterInformation.NAME));
    return found.isPresent()
        && ClusterInformation.parse(found.get().json())
            .metadata()
            .annotation(POOLS_MADE)
            .isPresent();
  }

  private void makePools(Map<IpFamily, InterfaceAddress> addresses, List<Interface> links)
      throws StoreException {
    if (!store.list(IpPool.KIND).entries().isEmpty()) {
      return;
    }
    if (addresses.containsKey(IpFamily.IPV4)) {
      Optional<Cidr> free =
          poolCandidates.stream().filter(c -> !AddressDetection.collides(c, links)).findFirst();
      if (free.isPresent()) {
        makePool(IpPool.of(POOL_V4, free.get()));
      } else {
        LOG.warn("No default pool made, each collides with an interface: {}", poolCandidates);
      }
    }
    if (addresses.containsKey(IpFamily.IPV6)) {
      makePool(IpPool.of(POOL_V6, uniqueLocal()));
    }
  }

  private void makePool(IpPool pool) throws StoreException {
    try {
      store.put(pool.key(), pool.toJson(), Expected.ABSENT);
      LOG.info("Default pool made pool={} cidr={}", pool.name(), pool.cidr());
    } catch (ConflictException e) {
      LOG.debug("Another node made the default pool pool={}", pool.name());
    }
  }

  private void rememberPools() throws StoreException, InvalidResourceException {
    Entry found =
        store
            .get(Key.of(ClusterInformation.KIND, ClusterInformation.NAME))
            .orElseThrow(() -> new StoreException("ClusterInformation: deleted meanwhile"));
    ClusterInformation marked =
        ClusterInformation.parse(found.json()).withAnnotation(POOLS_MADE, Optional.of("true"));
    store.put(marked.key(), marked.toJson(), Expected.at(found.revision()));
  }

  /** A random /48 of fd00::/8, RFC 4193 section 3.2. */
  private static Cidr uniqueLocal() {
    byte[] bytes = new byte[16];
    new SecureRandom().nextBytes(bytes);
    bytes[0] = (byte) 0xfd;
    return Cidr.containing(Ip.of(bytes), 48);
  }

  private static Expected expected(Optional<Entry> found) {
    return found.map(e -> Expected.at(e.revision())).orElse(Expected.ABSENT);
  }

  @FunctionalInterface
  private interface Step {
    void run() throws StoreException, InvalidResourceException;
  }

  /** Repeats a read-change-write while others change the same document. */
  private static void retrying(Step step) throws StoreException, InvalidResourceException {
    for (int tries = 1; ; tries++) {
      try {
        step.run();
        return;
      } catch (ConflictException e) {
        if (tries == MAX_CONFLICTS) {
          throw e;
        }
      }
    }
  }
}
