// SPDX-License-Identifier: Apache-2.0
package io.margay.ipam;

import io.margay.api.store.Expected;
import io.margay.api.store.Revision;

/** A resource as the store has it at a revision. */
record Held<T>(T value, Revision revision) {
  /** The condition that nobody has changed it since. */
  Expected unchanged() {
    return Expected.at(revision);
  }
}
