// SPDX-License-Identifier: Apache-2.0
package io.margay.cni;

import io.margay.api.net.Cidr;
import io.margay.api.net.Ip;
import io.margay.api.resource.InvalidResourceException;
import io.margay.api.resource.IpPool;
import io.margay.api.resource.WorkloadEndpoint;
import io.margay.api.store.Entry;
import io.margay.api.store.Store;
import io.margay.api.store.StoreException;
import io.margay.cni.CniException.Code;
import java.net.InetAddress;
import java.util.List;

/** Addresses that a pod brings along, or that another IPAM plugin gave it. */
final class GivenAddresses {
  /** Of the pod. */
  static final String ANNOTATION = "cni.projectcalico.org/ipAddrsNoIpam";

  private GivenAddresses() {}

  /**
   * Refuses an address that another pod has or may get. Two pods that bring the same one at the
   * same moment are told apart by the kernel, which takes one route to it.
   *
   * @param giver annotation or IPAM plugin, for people
   */
  static void check(
      String giver,
      List<InetAddress> addresses,
      WorkloadEndpoint document,
      List<IpPool> pools,
      Store store)
      throws CniException, StoreException {
    for (InetAddress address : addresses) {
      for (IpPool pool : pools) {
        if (pool.cidr().contains(address)) {
          throw refused(
              giver,
              address,
              "an address of no pool: pool "
                  + pool.name()
                  + " may give it to another pod; annotation ipAddrs asks the pool for it");
        }
      }
    }
    for (Entry entry : store.list(WorkloadEndpoint.KIND).entries()) {
      if (!entry.key().equals(document.key())) {
        checkFree(giver, addresses, entry);
      }
    }
  }

  private static void checkFree(String giver, List<InetAddress> addresses, Entry entry)
      throws CniException {
    try {
      List<Cidr> others = WorkloadEndpoint.parse(entry.json()).ipNetworks();
      for (InetAddress address : addresses) {
        if (others.contains(Cidr.host(address))) {
          throw refused(giver, address, "another one: " + entry.key() + " has it");
        }
      }
    } catch (InvalidResourceException e) {
      return; // Of a document that cannot be read no address is in use.
    }
  }

  private static CniException refused(String giver, InetAddress address, String expected) {
    return new CniException(
        Code.NO_ADDRESS, "%s: %s (expected: %s)".formatted(giver, Ip.text(address), expected));
  }
}
