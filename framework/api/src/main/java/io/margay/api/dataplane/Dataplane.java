// SPDX-License-Identifier: Apache-2.0
package io.margay.api.dataplane;

import java.net.InetAddress;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import org.osgi.annotation.versioning.ProviderType;

/**
 * The only writer of kernel network state.
 *
 * <p>Owners declare whole sets; the dataplane makes the kernel match, repairs foreign changes, and
 * recognises what it wrote after a restart. Stopping it changes nothing in the kernel. All methods
 * may be called on any thread.
 */
@ProviderType
public interface Dataplane {
  /**
   * Replaces the owner's whole set; objects that are no longer in it are removed. Idempotent;
   * returns at once, see {@link #settled}. Declaring an object that another owner holds is refused:
   * it is reported as that object's refusal and the first owner keeps it.
   */
  void declare(Owner owner, DesiredState desired, Cause cause);

  /**
   * Says what an owner may have, from its next {@link #declare} on. What lies outside is refused
   * object by object, as what the kernel refuses is; the owner's other objects are written.
   */
  void confine(Owner owner, Grant grant);

  /** Removes an owner and all its objects. The only call that removes a whole owner. */
  void retire(Owner owner, Cause cause);

  /**
   * Removes what is ours in the kernel but has no owner. Called once, when every owner that the
   * store implies has been declared and settled.
   *
   * @param keep objects that stay although nobody declares them, because their owner is frozen
   */
  void sweep(java.util.function.Predicate<KernelObject> keep, Cause cause);

  /**
   * What {@link #declare} would change now. Reads the kernel, writes nothing; blocks for that long.
   */
  List<Change> preview(Owner owner, DesiredState desired) throws DataplaneException;

  /**
   * Completes when everything the owner declared before this call is in the kernel. Completes
   * exceptionally with a {@link DataplaneException} for the first object refused; the others are
   * written all the same, and a refused one is retried from 1 to 60 s and when a dependency
   * appears.
   */
  CompletionStage<Void> settled(Owner owner);

  /** Owners and what they declare now. */
  Map<Owner, DesiredState> desired();

  /** Refusals and conflicts that stand now, and the latest foreign changes that were repaired. */
  List<Drift> drift();

  /** Reads the kernel; blocks for that long. */
  ActualState actual(Query query) throws DataplaneException;

  /**
   * Those of these addresses that a TCP or UDP socket of the node has as its own, in any state.
   * Reads the kernel; blocks for that long.
   */
  Set<InetAddress> boundTo(Collection<InetAddress> addresses) throws DataplaneException;

  /**
   * Counters of the owner's objects: packets and bytes per link, by {@code link.counter}; what its
   * programs count, by {@code map.counter}, see {@link BpfMap#ofCounters}; and the named counters
   * of an {@link NftTable}, by {@code nft.NAME.packets} and {@code nft.NAME.bytes}.
   */
  Map<String, Long> counters(Owner owner) throws DataplaneException;

  /** Sends one probe. Its result says what happened; the stage fails only for our own bug. */
  CompletionStage<ProbeResult> probe(Probe probe);

  /** Firewalls of others that may drop what pods send, as of the last look at the kernel. */
  List<ForeignFirewall> foreignFirewalls();

  /** What this kernel can do. */
  KernelFacts facts();

  /**
   * Calls the listener, on the kernel thread, after interfaces, their addresses or the routes to
   * other nodes changed by somebody else's hand. It must not block.
   *
   * @return ends the subscription
   */
  AutoCloseable onUnderlayChange(Runnable listener);

  /** Owners whose objects the kernel refuses now. */
  default Set<Owner> unsettled() {
    return drift().stream()
        .filter(d -> !d.repaired())
        .map(Drift::owner)
        .collect(java.util.stream.Collectors.toUnmodifiableSet());
  }
}
