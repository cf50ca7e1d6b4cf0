// SPDX-License-Identifier: Apache-2.0
package io.margay.api.node;

import io.margay.api.resource.WorkloadEndpoint;
import java.util.List;
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

  /**
   * Why pods that run may lose their network too, in a sentence, or empty when at most new ones
   * cannot be served: nothing repairs the kernel, or the cluster takes this node for deleted. Empty
   * whenever {@link #notReady} is.
   */
  Optional<String> podsAtRisk();

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

  /**
   * What the kernel holds otherwise than {@link #wire} declares it, one object a line. Reads the
   * kernel, writes nothing.
   *
   * @return completes exceptionally with a DataplaneException when the kernel cannot be read
   */
  CompletionStage<List<String>> differences(String handle, WorkloadEndpoint endpoint);

  /** Takes back what {@link #wire} declared. Idempotent. */
  void unwire(String handle);
}
