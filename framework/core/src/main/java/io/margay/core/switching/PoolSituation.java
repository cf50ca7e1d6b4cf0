// SPDX-License-Identifier: Apache-2.0
package io.margay.core.switching;

import io.margay.api.mode.Wire;
import io.margay.api.resource.NodeModeStatus.Pool;
import io.margay.api.store.Revision;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/**
 * All that a node knows about one pool when it decides.
 *
 * @param self name of this node
 * @param revision of the IPPool that is to be acted on
 * @param ownNode revision of this node's Node
 * @param knowsAllNodes whether every Node could be read, so that what no node has was a deleted
 *     one's
 * @param peers every other node that exists
 * @param without those that the operator gave up: nobody waits for them
 * @param said our own status as the store has it, which says that everybody can know it
 * @param underWay a status that was handed to the store and has not come back: others may know it
 * @param heard of the others; a node that has never written a status is missing
 * @param chosen wires that the pool's mode receives by its settings
 * @param received wires that our kernel receives now; empty while that is not known
 * @param reflected revision of kind Node that our kernel reflects
 * @param inKernel wires by which routes of the pool go, those being replaced included
 * @param targets destinations of the pool
 * @param canaries outcomes
 */
public record PoolSituation(
    String self,
    Revision revision,
    Revision ownNode,
    boolean knowsAllNodes,
    Set<String> peers,
    Set<String> without,
    Optional<Pool> said,
    Optional<Pool> underWay,
    Map<String, Pool> heard,
    Set<Wire> chosen,
    Optional<Set<Wire>> received,
    Revision reflected,
    Set<Wire> inKernel,
    List<Target> targets,
    Function<Canary, Canary.Result> canaries) {}
