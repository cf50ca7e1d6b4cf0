// SPDX-License-Identifier: Apache-2.0
package io.margay.cni;

import io.margay.api.dataplane.WorkloadPlumber;
import io.margay.api.ipam.Ipam;
import io.margay.api.node.NodeAgent;
import io.margay.api.store.Store;
import io.margay.cni.CniException.Code;
import java.util.Optional;

/**
 * What verbs are served with; each may be away or replaced at any time.
 *
 * @param words what they tell of the runtime
 */
record Services(
    Slot<NodeAgent> agent,
    Slot<WorkloadPlumber> plumber,
    Slot<Ipam> ipam,
    Slot<Store> store,
    RuntimeWords words) {
  private static final int READY_POLL_MILLIS = 10;

  Services() {
    this(
        new Slot<>("node agent"),
        new Slot<>("workload plumber"),
        new Slot<>("IPAM"),
        new Slot<>("store"),
        new RuntimeWords());
  }

  /** How often one of them came, went or was replaced so far. */
  int changes() {
    return agent.changes() + plumber.changes() + ipam.changes() + store.changes();
  }

  /**
   * The agent once it can serve pods: a call that finds it starting waits as for any service.
   *
   * @throws CniException code 11 when it cannot by the deadline
   */
  NodeAgent readyAgent(Deadline deadline) throws CniException {
    while (true) {
      NodeAgent ready = agent.await(deadline);
      Optional<String> notReady = ready.notReady();
      if (notReady.isEmpty()) {
        return ready;
      }
      if (deadline.millisLeft() == 0) {
        throw new CniException(Code.TRY_AGAIN_LATER, "node not ready: " + notReady.get());
      }
      try {
        Thread.sleep(READY_POLL_MILLIS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new CniException(Code.TRY_AGAIN_LATER, "the agent is stopping", e);
      }
    }
  }
}
