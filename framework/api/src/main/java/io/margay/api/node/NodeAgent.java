// SPDX-License-Identifier: Apache-2.0
package io.margay.api.node;

import io.margay.api.resource.WorkloadEndpoint;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import org.osgi.annotation.versioning.ProviderType;

/**
 * The agent of this node, as other bundles see it. All methods may be called on any thread and none
 * blocks.
 */
@ProviderType
public interface NodeAgent {
  /** Name of this node. */
  String nodeName();

  /**
   * Why pods cannot be served now, in a sentence, or empty when they can: store in sync, own Node
   * resource present, each pool's mode present.
   */
  Optional<String> notReady();

  /** MTU for both ends of a new pod's link, in bytes. */
  int podMtuBytes();

  /** Name prefix of host interfaces of pods, {@code cali} unless configured. */
  String interfacePrefix();

  /**
   * Puts the host side of a local endpoint into the kernel: host routes, neighbours, interface
   * sysctls. Idempotent. The same happens when the endpoint arrives by the store; this is the short
   * way, so that a pod need not wait for the watch.
   *
   * @param handle the workload's handle, also the alias of its link
   * @return completes when the kernel has it, exceptionally with a DataplaneException on refusal
   */
  CompletionStage<Void> wire(String handle, WorkloadEndpoint endpoint);

  /** Takes back what {@link #wire} declared. Idempotent. */
  void unwire(String handle);
}
