// SPDX-License-Identifier: Apache-2.0
package io.margay.api.dataplane;

import java.util.Map;
import org.osgi.annotation.versioning.ProviderType;

/**
 * Makes and removes the link between a pod's namespace and the node. Blocks for some milliseconds;
 * called on any thread, concurrently for different handles.
 *
 * <p>The node's routes, neighbours and sysctls for the pod are declared apart, as owner {@code
 * workload/HANDLE}.
 */
@ProviderType
public interface WorkloadPlumber {
  /**
   * Makes the veth pair and configures the pod's end: addresses, gateway routes, static neighbours,
   * sysctls, MTU, limit of what it sends. Repeated, it repairs what differs. On failure nothing is
   * left behind that was not there before.
   *
   * @throws DataplaneException EEXIST when the pod has another interface of that name, or the node
   *     a link of that name with another alias; ENOENT when there is no such namespace
   */
  HostLink attach(Workload workload) throws DataplaneException;

  /** Removes the link whose alias is this handle, and with it both ends. Nothing there: success. */
  void detach(String handle) throws DataplaneException;

  /**
   * Changes the MTU of a running workload's link at both ends. What the pod sends by its default
   * routes is limited first, so that neither end gets what it does not take; a limit that equals
   * the link's MTU is lifted last. Repeated, it changes nothing.
   *
   * @param workload with the MTU that the link is to have
   * @param sendMtuBytes largest packet by the pod's default routes, at most the link's MTU: less
   *     while other nodes still have to follow
   * @throws DataplaneException ENODEV when the workload has no link; ENOENT when there is no such
   *     namespace
   */
  void resize(Workload workload, int sendMtuBytes) throws DataplaneException;

  /**
   * Compares the attachment with what {@link #attach} makes. The pod's routes may be in any table:
   * plugins further down a chain move them.
   *
   * @param podMtuBytes MTU of the pod's end; that of the workload unless another plugin changed it
   * @throws DataplaneException names the first difference; nothing is repaired
   */
  void check(Workload workload, int podMtuBytes) throws DataplaneException;

  /** Handles that have a link on this node, with the link's name. */
  Map<String, String> attached() throws DataplaneException;
}
