// SPDX-License-Identifier: Apache-2.0
package io.margay.api.mode;

import org.osgi.annotation.versioning.ConsumerType;

/**
 * Implemented beside {@link RoutingMode} by a mode whose link a daemon makes. Core declares the
 * mode's routes only once it is ready.
 */
@ConsumerType
public interface ModeDaemon {
  /** Whether the daemon serves. Called often; must not block. */
  Readiness readiness();

  /**
   * Whether a daemon serves.
   *
   * @param detail why not, in a sentence; empty when ready
   */
  record Readiness(boolean ready, String detail) {}
}
