// SPDX-License-Identifier: Apache-2.0
package io.margay.cni;

import io.margay.api.dataplane.DataplaneException;
import io.margay.api.dataplane.HostLink;
import io.margay.api.dataplane.Workload;
import io.margay.api.dataplane.WorkloadPlumber;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/** Remembers links instead of making them: outlives an agent as the kernel does. */
final class FakePlumber implements WorkloadPlumber {
  final Map<String, Workload> links = new ConcurrentHashMap<>();

  /** MTUs that others have given the pods' ends. */
  final Map<String, Integer> podMtus = new ConcurrentHashMap<>();

  volatile Optional<String> refusal = Optional.empty();
  volatile Runnable beforeAttach = () -> {};

  @Override
  public HostLink attach(Workload workload) throws DataplaneException {
    beforeAttach.run();
    if (refusal.isPresent()) {
      throw new DataplaneException("link eth0: " + refusal.get(), refusal.get());
    }
    links.put(workload.handle(), workload);
    return new HostLink(
        workload.hostLink(), Workload.HOST_MAC, workload.podMac().get(), workload.mtuBytes());
  }

  @Override
  public void detach(String handle) {
    links.remove(handle);
  }

  @Override
  public void resize(Workload workload, int sendMtuBytes) {
    links.put(workload.handle(), workload);
  }

  @Override
  public void check(Workload workload, int podMtuBytes) throws DataplaneException {
    Workload link = links.get(workload.handle());
    if (!workload.equals(link)
        || podMtus.getOrDefault(link.handle(), link.mtuBytes()) != podMtuBytes) {
      throw new DataplaneException("link " + workload.hostLink() + ": differs", "");
    }
  }

  @Override
  public Map<String, String> attached() {
    Map<String, String> attached = new HashMap<>();
    links.forEach((handle, workload) -> attached.put(handle, workload.hostLink()));
    return attached;
  }
}
