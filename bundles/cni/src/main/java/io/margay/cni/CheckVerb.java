// SPDX-License-Identifier: Apache-2.0
package io.margay.cni;

import com.google.gson.JsonObject;
import io.margay.api.dataplane.DataplaneException;
import io.margay.api.dataplane.Workload;
import io.margay.api.dataplane.WorkloadPlumber;
import io.margay.api.net.Cidr;
import io.margay.api.node.NodeAgent;
import io.margay.api.resource.InvalidResourceException;
import io.margay.api.resource.IpamBlock;
import io.margay.api.resource.IpamHandle;
import io.margay.api.resource.WorkloadEndpoint;
import io.margay.api.store.Entry;
import io.margay.api.store.Key;
import io.margay.api.store.Store;
import io.margay.api.store.StoreException;
import io.margay.cni.CniException.Code;
import java.net.InetAddress;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Compares what ADD made with what is there: document, addresses, result, link, host side. What the
 * result lists is expected where plugins further down the chain have changed it. Repairs nothing.
 */
final class CheckVerb {
  private final Services services;

  CheckVerb(Services services) {
    this.services = services;
  }

  void check(Request request, Deadline deadline) throws CniException {
    JsonObject result =
        request
            .conf()
            .prevResult()
            .orElseThrow(() -> NetConf.invalid("prevResult", "missing", "the result of ADD"));
    Namespaces.check(request);
    NodeAgent agent = services.agent().await(deadline);
    Store store = services.store().await(deadline);
    WorkloadPlumber plumber = services.plumber().await(deadline);
    Attachment attachment = request.attachment();
    try {
      WorkloadEndpoint endpoint =
          new Endpoints(store, agent.nodeName())
              .find(attachment, Pod.of(request.args()))
              .orElseThrow(() -> failed("no WorkloadEndpoint of " + attachment))
              .endpoint();
      ListedInterface listed = listed(result, request, endpoint);
      if (endpoint.metadata().annotation(WorkloadEndpoint.NO_IPAM_ANNOTATION).isEmpty()) {
        checkHeld(store, attachment.handle(), endpoint);
      }
      Workload made = Endpoints.workload(endpoint, agent.podMtuBytes());
      Workload expected = listed.mac().map(made::withPodMac).orElse(made);
      plumber.check(expected, changedMtu(result, listed, made).orElse(made.mtuBytes()));
      checkHostSide(agent, attachment.handle(), endpoint, deadline);
    } catch (StoreException e) {
      throw new CniException(Code.TRY_AGAIN_LATER, e.getMessage(), e);
    } catch (DataplaneException e) {
      throw new CniException(Code.CHECK_FAILED, e.getMessage(), e);
    }
  }

  private static ListedInterface listed(
      JsonObject result, Request request, WorkloadEndpoint endpoint) throws CniException {
    String sandbox = request.namespace().orElseThrow().toString();
    ListedInterface listed =
        ListedInterface.find(result, request.ifname(), sandbox)
            .orElseThrow(
                () ->
                    failed(
                        "prevResult: interface %s in %s is not listed"
                            .formatted(request.ifname(), sandbox)));
    for (Cidr address : endpoint.ipNetworks()) {
      if (!listed.addresses().contains(address.network())) {
        throw failed("prevResult: %s of %s is not listed".formatted(address, request.ifname()));
      }
    }
    return listed;
  }

  /**
   * MTU that another plugin gave the pod's end. Both ends are made with one, which may have changed
   * with the node's since.
   */
  private static Optional<Integer> changedMtu(
      JsonObject result, ListedInterface listed, Workload made) throws CniException {
    Optional<Integer> ofHost =
        ListedInterface.find(result, made.hostLink(), "").flatMap(ListedInterface::mtuBytes);
    return listed.mtuBytes().filter(mtu -> ofHost.isPresent() && !ofHost.get().equals(mtu));
  }

  private static void checkHostSide(
      NodeAgent agent, String handle, WorkloadEndpoint endpoint, Deadline deadline)
      throws CniException {
    List<String> differences = Kernel.await(agent.differences(handle, endpoint), deadline);
    if (!differences.isEmpty()) {
      throw failed("host side of " + handle + ": " + String.join("; ", differences));
    }
  }

  private static void checkHeld(Store store, String handle, WorkloadEndpoint endpoint)
      throws CniException, StoreException {
    Set<InetAddress> held = held(store, handle);
    for (Cidr address : endpoint.ipNetworks()) {
      if (!held.contains(address.network())) {
        throw failed("address " + address + " is not assigned to handle " + handle);
      }
    }
  }

  /** Addresses that blocks and handle both say a handle holds. */
  static Set<InetAddress> held(Store store, String handle) throws CniException, StoreException {
    try {
      Optional<Entry> entry = store.get(Key.of(IpamHandle.KIND, IpamHandle.nameOf(handle)));
      Set<InetAddress> held = new HashSet<>();
      if (entry.isPresent()) {
        for (Cidr block : IpamHandle.parse(entry.get().json()).blocks().keySet()) {
          held.addAll(held(store, block, handle));
        }
      }
      return held;
    } catch (InvalidResourceException e) {
      throw new CniException(Code.CHECK_FAILED, e.getMessage(), e);
    }
  }

  private static List<InetAddress> held(Store store, Cidr block, String handle)
      throws StoreException, InvalidResourceException {
    Optional<Entry> entry = store.get(Key.of(IpamBlock.KIND, IpamBlock.nameOf(block)));
    return entry.isPresent() ? IpamBlock.parse(entry.get().json()).addressesOf(handle) : List.of();
  }

  private static CniException failed(String message) {
    return new CniException(Code.CHECK_FAILED, message);
  }
}
