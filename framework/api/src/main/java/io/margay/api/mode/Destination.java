// SPDX-License-Identifier: Apache-2.0
package io.margay.api.mode;

import io.margay.api.dataplane.NextHop;
import io.margay.api.net.Cidr;
import java.util.List;
import java.util.Optional;

/**
 * Something remote that pods of this node send to.
 *
 * @param cidr a block, or the /32 or /128 of an address borrowed from another node's block
 * @param pool name of the pool it belongs to
 * @param variant to which peers the mode applies
 * @param owner name of the node that has it, if known: one of the view's peers
 * @param learnedNextHops from route sharing, several for ECMP, each by the link and the next router
 *     by which the kernel reaches it; empty when only the store knows the destination
 */
public record Destination(
    Cidr cidr,
    String pool,
    Variant variant,
    Optional<String> owner,
    List<NextHop> learnedNextHops) {
  public Destination {
    learnedNextHops = List.copyOf(learnedNextHops);
  }
}
