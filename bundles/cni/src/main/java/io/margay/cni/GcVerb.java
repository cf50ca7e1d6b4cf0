// SPDX-License-Identifier: Apache-2.0
package io.margay.cni;

import io.margay.api.node.NodeAgent;
import io.margay.api.store.Store;
import io.margay.api.store.StoreException;
import io.margay.cni.CniException.Code;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** Finds the attachments of a network on this node that the runtime no longer knows. */
final class GcVerb {
  private final Services services;

  GcVerb(Services services) {
    this.services = services;
  }

  /**
   * @return what to remove
   * @throws CniException also when the runtime did not say what is valid: cnitool sends no list at
   *     all, which must not be taken for an empty one
   */
  List<Attachment> stale(Request request, Deadline deadline) throws CniException {
    Set<Attachment> valid =
        request
            .conf()
            .validAttachments()
            .orElseThrow(() -> NetConf.invalid("cni.dev/valid-attachments", "missing", "a list"));
    services.words().listed(request.conf().name(), valid);
    NodeAgent agent = services.agent().await(deadline);
    Store store = services.store().await(deadline);
    List<Attachment> stale = new ArrayList<>();
    try {
      for (Attachment attachment :
          AddressVerbs.attached(store, request.conf().name(), agent.nodeName())) {
        if (!valid.contains(attachment) && !stale.contains(attachment)) {
          stale.add(attachment);
        }
      }
      for (Endpoints.Found found : new Endpoints(store, agent.nodeName()).local()) {
        Attachment attachment = Endpoints.attachment(found.endpoint());
        if (attachment.network().equals(request.conf().name()) && !valid.contains(attachment)) {
          stale.add(attachment);
        }
      }
    } catch (StoreException e) {
      throw new CniException(Code.TRY_AGAIN_LATER, e.getMessage(), e);
    }
    return stale;
  }
}
