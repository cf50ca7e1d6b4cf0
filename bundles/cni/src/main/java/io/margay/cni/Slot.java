// SPDX-License-Identifier: Apache-2.0
package io.margay.cni;

import io.margay.cni.CniException.Code;
import java.util.Optional;

/**
 * Holds a service that may be replaced or away. A caller without it waits, because a replacement
 * comes within milliseconds.
 */
final class Slot<T> {
  private final String name;
  private T service; // guarded by this
  private int changes; // guarded by this

  Slot(String name) {
    this.name = name;
  }

  synchronized void bind(T bound) {
    service = bound;
    changes++;
    notifyAll();
  }

  /** The successor is bound before its predecessor leaves: then this changes nothing. */
  synchronized void unbind(T unbound) {
    if (service == unbound) {
      service = null;
      changes++;
    }
  }

  /** How often the service came, went or was replaced so far. */
  synchronized int changes() {
    return changes;
  }

  synchronized Optional<T> now() {
    return Optional.ofNullable(service);
  }

  /**
   * @throws CniException code 11 when it has not come by the deadline
   */
  synchronized T await(Deadline deadline) throws CniException {
    try {
      while (service == null && deadline.millisLeft() > 0) {
        wait(deadline.millisLeft());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CniException(Code.TRY_AGAIN_LATER, "the agent is stopping", e);
    }
    if (service == null) {
      throw new CniException(Code.TRY_AGAIN_LATER, "the agent has no " + name + " now");
    }
    return service;
  }
}
