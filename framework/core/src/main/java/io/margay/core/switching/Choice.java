// SPDX-License-Identifier: Apache-2.0
package io.margay.core.switching;

import io.margay.api.dataplane.Route;
import io.margay.api.mode.Sending;
import io.margay.api.mode.Wire;
import java.util.Optional;

/**
 * The route of one destination.
 *
 * @param wire empty when it was found in the kernel and nobody can tell
 */
public record Choice(Route route, Optional<Wire> wire) {
  static Choice of(Sending sending) {
    return new Choice(sending.route(), Optional.of(sending.wire()));
  }

  boolean isBy(Wire other) {
    return wire.equals(Optional.of(other));
  }
}
