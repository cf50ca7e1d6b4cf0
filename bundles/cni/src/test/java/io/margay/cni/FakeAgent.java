// SPDX-License-Identifier: Apache-2.0
package io.margay.cni;

import io.margay.api.node.NodeAgent;
import io.margay.api.resource.WorkloadEndpoint;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;

/** A node agent whose kernel takes every route at once, unless the test says otherwise. */
final class FakeAgent implements NodeAgent {
  final Map<String, WorkloadEndpoint> wired = new ConcurrentHashMap<>();
  volatile int podMtuBytes = 1430;
  volatile Optional<String> notReady = Optional.empty();
  volatile Optional<String> podsAtRisk = Optional.empty();
  volatile CompletableFuture<Void> kernel = CompletableFuture.completedFuture(null);

  @Override
  public String nodeName() {
    return "node1";
  }

  @Override
  public Optional<String> notReady() {
    return notReady;
  }

  @Override
  public Optional<String> podsAtRisk() {
    return podsAtRisk;
  }

  @Override
  public CompletionStage<List<String>> differences(String handle, WorkloadEndpoint endpoint) {
    return kernel.thenApply(
        done -> endpoint.equals(wired.get(handle)) ? List.of() : List.of("+ " + endpoint.key()));
  }

  @Override
  public int podMtuBytes() {
    return podMtuBytes;
  }

  @Override
  public String interfacePrefix() {
    return "cali";
  }

  @Override
  public CompletionStage<Void> wire(String handle, WorkloadEndpoint endpoint) {
    wired.put(handle, endpoint);
    return kernel;
  }

  @Override
  public void unwire(String handle) {
    wired.remove(handle);
  }
}
