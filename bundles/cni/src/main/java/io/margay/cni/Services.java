// SPDX-License-Identifier: Apache-2.0
package io.margay.cni;

import io.margay.api.dataplane.WorkloadPlumber;
import io.margay.api.ipam.Ipam;
import io.margay.api.node.NodeAgent;
import io.margay.api.store.Store;

/** What verbs are served with; each may be away or replaced at any time. */
record Services(
    Slot<NodeAgent> agent, Slot<WorkloadPlumber> plumber, Slot<Ipam> ipam, Slot<Store> store) {
  Services() {
    this(
        new Slot<>("node agent"),
        new Slot<>("workload plumber"),
        new Slot<>("IPAM"),
        new Slot<>("store"));
  }
}
