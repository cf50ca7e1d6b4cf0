// SPDX-License-Identifier: Apache-2.0
package io.margay.api.ipam;

import io.margay.api.store.StoreException;
import io.margay.api.store.Write;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.osgi.annotation.versioning.ProviderType;

/**
 * Assigns addresses out of pools by Calico's protocol. All state is in the store. Called on any
 * thread; blocks for store writes.
 */
@ProviderType
public interface Ipam {
  /**
   * Gives the handle its addresses, or returns those it holds already. All or nothing: a request
   * that cannot be met in full assigns nothing.
   *
   * @param alsoWrite further documents to write together with the assignment, computed from it (the
   *     workload endpoint, say); where the store can, in the same commit. Also written, with the
   *     assignment found, when the handle holds its addresses already. May be called more than once
   */
  Assignment assign(AddressRequest request, Function<Assignment, List<Write>> alsoWrite)
      throws IpamException;

  /**
   * Releases all addresses of a handle. None held: success.
   *
   * @param alsoWrite further documents to write together with the release
   * @return number of addresses released
   */
  int release(String handle, List<Write> alsoWrite) throws IpamException;

  /** How full each pool is, as last seen; may wait until the store was read once. */
  Usage usage() throws StoreException;

  /**
   * Why this node's pods get no address now although pools may have some, a sentence; empty when
   * they do: what the node held has been given to others. Does not block.
   */
  Optional<String> refusal();

  /**
   * Frees all that a deleted node held: endpoints, addresses of pods and tunnels, blocks,
   * affinities. Repeated, or after a crash, it goes on where it was. Each is freed as it was read,
   * so that whoever comes first wins.
   *
   * @throws IpamException reason NODE_EXISTS while there is a Node resource of that name; STORE
   */
  Freed free(String deletedNode) throws IpamException;

  /** What {@link #free} has freed. */
  record Freed(int endpoints, int addresses, int blocks) {}
}
