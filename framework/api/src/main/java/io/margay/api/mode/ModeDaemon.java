// SPDX-License-Identifier: Apache-2.0
package io.margay.api.mode;

import java.util.Objects;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * Implemented by the class of a {@link RoutingMode} whose link a daemon makes: its plan has {@code
 * Link.external(name)}. Core declares the mode's standing objects at once, its routes only while
 * the daemon is ready; until then routes stay as they are and other nodes are told that nothing is
 * received.
 */
@ConsumerType
public interface ModeDaemon {
  /**
   * Whether the daemon serves. Called every second on the thread on which the mode plans, with the
   * same deadline; must not block. One that throws counts as not ready.
   */
  Readiness readiness();

  /**
   * Whether a daemon serves.
   *
   * @param detail why not, in a sentence; empty when ready
   */
  record Readiness(boolean ready, String detail) {
    public Readiness {
      Objects.requireNonNull(detail, "detail");
    }
  }
}
