// SPDX-License-Identifier: Apache-2.0
package io.margay.cni;

import io.margay.api.ipam.Ipam;
import io.margay.api.ipam.Usage.PoolUsage;
import io.margay.api.net.IpFamily;
import io.margay.api.node.NodeAgent;
import io.margay.api.resource.IpPool;
import io.margay.api.store.Store;
import io.margay.api.store.StoreException;
import io.margay.cni.CniException.Code;
import java.math.BigInteger;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** Tells whether an ADD could be served now. */
final class StatusVerb {
  private static final Set<Code> STATUS_CODES =
      Set.of(Code.NOT_AVAILABLE, Code.NOT_AVAILABLE_PODS_AT_RISK);

  private final Services services;

  StatusVerb(Services services) {
    this.services = services;
  }

  /**
   * @param needsPools whether addresses are ours
   * @throws CniException code 50 when it could not; 51 when pods that run may lose their network
   *     too
   */
  void status(boolean needsPools, Deadline deadline) throws CniException {
    try {
      NodeAgent agent = services.agent().await(deadline);
      Optional<String> risk = agent.podsAtRisk();
      if (risk.isPresent()) {
        throw podsAtRisk(risk.get());
      }
      Optional<String> notReady = agent.notReady();
      if (notReady.isPresent()) {
        throw notAvailable("node not ready: " + notReady.get());
      }
      services.plumber().await(deadline);
      Store store = services.store().await(deadline);
      Map<String, String> labels = Addresses.nodeLabels(store, agent.nodeName());
      Ipam ipam = services.ipam().await(deadline);
      Optional<String> refusal = ipam.refusal();
      if (refusal.isPresent()) {
        throw podsAtRisk(refusal.get()); // Others may be given the addresses of pods that run.
      }
      if (!needsPools) {
        return;
      }
      List<IpPool> pools =
          Addresses.pools(store).stream().filter(p -> Addresses.serves(p, labels)).toList();
      checkFree(pools, ipam.usage().pools());
    } catch (StoreException e) {
      throw notAvailable(e.getMessage());
    } catch (CniException e) {
      throw STATUS_CODES.contains(e.code()) ? e : notAvailable(e.getMessage());
    }
  }

  /**
   * A pod needs an address of every family that has a pool: one family full is not ready. Pools
   * that pods must ask for may be full.
   */
  private static void checkFree(List<IpPool> pools, List<PoolUsage> usages) throws CniException {
    if (pools.isEmpty()) {
      throw notAvailable("no enabled IP pool gives addresses to pods of this node");
    }
    Map<IpFamily, Set<String>> names =
        pools.stream()
            .filter(pool -> pool.assignmentMode() == IpPool.AssignmentMode.AUTOMATIC)
            .collect(
                Collectors.groupingBy(
                    pool -> pool.cidr().family(),
                    Collectors.mapping(IpPool::name, Collectors.toSet())));
    for (Map.Entry<IpFamily, Set<String>> family : names.entrySet()) {
      boolean isFull =
          usages.stream()
              .filter(usage -> family.getValue().contains(usage.pool()))
              .allMatch(usage -> usage.size().equals(BigInteger.valueOf(usage.inUse())));
      if (isFull) {
        throw notAvailable("no free " + family.getKey() + " address in pools " + family.getValue());
      }
    }
  }

  private static CniException podsAtRisk(String why) {
    return new CniException(Code.NOT_AVAILABLE_PODS_AT_RISK, why);
  }

  private static CniException notAvailable(String why) {
    return new CniException(Code.NOT_AVAILABLE, why);
  }
}
