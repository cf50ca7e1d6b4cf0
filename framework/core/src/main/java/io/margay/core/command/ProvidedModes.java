// SPDX-License-Identifier: Apache-2.0
package io.margay.core.command;

import io.margay.api.console.CommandException;
import io.margay.api.mode.RoutingMode;
import io.margay.core.view.PoolMode;
import java.util.List;
import java.util.function.Supplier;

/** The modes that bundles of this node provide. */
record ProvidedModes(Supplier<List<RoutingMode>> modes) {
  /** Names, in order. */
  List<String> names() {
    return modes.get().stream().map(m -> m.info().name()).distinct().sorted().toList();
  }

  /**
   * Refuses a mode that nobody provides: an enabled pool of it would keep every node from serving
   * pods.
   *
   * @param what the option or pool that has it
   * @param otherwise what else may be done
   */
  void require(PoolMode mode, String what, String otherwise) throws CommandException {
    if (!names().contains(mode.name())) {
      throw new CommandException(
          what
              + ": "
              + mode.name()
              + " (expected: "
              + String.join(", ", names())
              + ", which bundles of this node provide"
              + otherwise
              + ")");
    }
  }
}
