// SPDX-License-Identifier: Apache-2.0
package io.margay.core.switching;

import io.margay.api.mode.Sending;
import io.margay.api.mode.Wire;
import io.margay.api.net.Cidr;
import java.util.List;
import java.util.Optional;

/**
 * A destination of a pool, the ways to it, and the one that it has.
 *
 * @param node that has it; empty when no node of the cluster does
 * @param intended by the pool's mode; empty while that cannot reach it
 * @param whyNot why it cannot, in words; else empty
 * @param others by modes that the pool is leaving
 * @param current the route in force
 * @param isCanary whether probes to the node go to this very address, so that it cannot wait for
 *     one
 */
public record Target(
    Cidr cidr,
    Optional<String> node,
    Optional<Sending> intended,
    String whyNot,
    List<Sending> others,
    Optional<Choice> current,
    boolean isCanary) {
  public Target {
    others = List.copyOf(others);
  }

  /** A way by this wire, other than the intended one. */
  Optional<Sending> other(Wire wire) {
    return others.stream().filter(s -> s.wire().equals(wire)).findFirst();
  }
}
