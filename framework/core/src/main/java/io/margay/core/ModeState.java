// SPDX-License-Identifier: Apache-2.0
package io.margay.core;

import java.util.Optional;
import java.util.Set;

/**
 * A mode as a bundle provides it.
 *
 * @param isActive whether this bundle plans; else it stands by
 * @param pools that need the mode
 * @param fault what is wrong with its planning, or with the daemon that its pools need, in a
 *     sentence
 */
public record ModeState(
    String mode,
    ModeProvider provider,
    boolean isActive,
    Set<String> pools,
    Optional<String> fault) {
  public ModeState {
    pools = Set.copyOf(pools);
  }
}
