// SPDX-License-Identifier: Apache-2.0
package io.margay.cni;

import io.margay.api.node.NodeAgent;
import io.margay.api.resource.WorkloadEndpoint;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;

/** A node agent whose kernel takes every route at once, unless the test says otherwise. */
final class FakeAgent implements NodeAgent {
  final Map<String, WorkloadEndpoint> wired = new ConcurrentHashMap<>();
  volatile Optional<String> notReady = Optional.empty();
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
  public int podMtuBytes() {
    return 1430;
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
