// SPDX-License-Identifier: Apache-2.0
package io.margay.api.dataplane;

import java.util.Optional;

/**
 * A difference between what is declared and what the kernel holds.
 *
 * @param before what the kernel holds under that key, in the syntax of {@code ip}; empty when
 *     nothing
 * @param after what is declared; empty when it is to be removed
 */
public record Change(Action action, Optional<String> before, Optional<KernelObject> after) {
  /** What would be done. */
  public enum Action {
    ADD,
    REPLACE,
    REMOVE,
    /** A foreign object has our key: it is reported, not overwritten. */
    CONFLICT
  }

  @Override
  public String toString() {
    String from = before.orElse("");
    String to = after.map(KernelObject::toString).orElse("");
    return switch (action) {
      case ADD -> "+ " + to;
      case REMOVE -> "- " + from;
      case REPLACE -> "~ " + to + "  (was: " + from + ")";
      case CONFLICT -> "! " + to + "  (foreign: " + from + ")";
    };
  }
}
