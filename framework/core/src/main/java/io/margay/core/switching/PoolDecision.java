// SPDX-License-Identifier: Apache-2.0
package io.margay.core.switching;

import io.margay.api.mode.Wire;
import io.margay.api.net.Cidr;
import io.margay.api.resource.NodeModeStatus.Pool;
import java.util.Map;
import java.util.Set;

/**
 * What a node does next for one pool.
 *
 * @param say the status to publish
 * @param choices the route of each destination that has one; for the kernel at once
 * @param canaries probes that are needed now
 * @param unneeded wires that our kernel still receives, although everybody can know that we do not
 *     promise it and nobody sends by them: they may go when this has been so for a while
 */
public record PoolDecision(
    Pool say, Map<Cidr, Choice> choices, Set<Canary> canaries, Set<Wire> unneeded) {}
