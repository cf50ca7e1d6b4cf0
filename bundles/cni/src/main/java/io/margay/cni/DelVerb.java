// SPDX-License-Identifier: Apache-2.0
package io.margay.cni;

import io.margay.api.dataplane.DataplaneException;
import io.margay.api.dataplane.WorkloadPlumber;
import io.margay.api.ipam.Ipam;
import io.margay.api.ipam.IpamException;
import io.margay.api.node.NodeAgent;
import io.margay.api.store.Expected;
import io.margay.api.store.Store;
import io.margay.api.store.StoreException;
import io.margay.api.store.Write;
import io.margay.cni.CniException.Code;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Removes all that ADD made: host routes, link, addresses, document. Idempotent, and in this order
 * so that no address can be given to another pod while this one still has it.
 *
 * <p>Needs nothing that ADD remembered and no network namespace: the link is found by its alias.
 */
final class DelVerb {
  /** How often a document may change between reading and deleting it. */
  private static final int MAX_ATTEMPTS = 5;

  private final Services services;
  private final Consumer<FaultPoint> faults;

  DelVerb(Services services, Consumer<FaultPoint> faults) {
    this.services = services;
    this.faults = faults;
  }

  void del(Attachment attachment, Optional<Pod> pod, Deadline deadline, Trace trace)
      throws CniException {
    NodeAgent agent = services.agent().await(deadline);
    WorkloadPlumber plumber = services.plumber().await(deadline);
    Ipam ipam = services.ipam().await(deadline);
    Store store = services.store().await(deadline);
    trace.done("services");
    String handle = attachment.handle();
    try {
      faults.accept(FaultPoint.DEL_BEFORE_UNWIRE);
      agent.unwire(handle);
      faults.accept(FaultPoint.DEL_AFTER_UNWIRE);
      plumber.detach(handle);
      trace.done("detach");
      faults.accept(FaultPoint.DEL_AFTER_DETACH);
      release(ipam, new Endpoints(store, agent.nodeName()), attachment, pod);
      trace.done("release");
      faults.accept(FaultPoint.DEL_AFTER_RELEASE);
    } catch (DataplaneException e) {
      throw new CniException(Code.DATAPLANE, e.getMessage(), e);
    } catch (StoreException e) {
      throw new CniException(Code.TRY_AGAIN_LATER, e.getMessage(), e);
    } catch (IpamException e) {
      throw Addresses.failure(e);
    }
  }

  private static void release(
      Ipam ipam, Endpoints endpoints, Attachment attachment, Optional<Pod> pod)
      throws IpamException, StoreException {
    for (int attempt = 1; ; attempt++) {
      List<Write> delete =
          endpoints
              .find(attachment, pod)
              .map(Endpoints.Found::entry)
              .map(entry -> Write.delete(entry.key(), Expected.at(entry.revision())))
              .stream()
              .toList();
      try {
        ipam.release(attachment.handle(), delete);
        return;
      } catch (IpamException e) {
        if (e.reason() != IpamException.Reason.CONTENTION || attempt == MAX_ATTEMPTS) {
          throw e;
        }
      }
    }
  }
}
