// SPDX-License-Identifier: Apache-2.0
package io.margay.ipam;

import java.util.Optional;

/**
 * Something about addresses that is not as it should be. Two are equal when nothing about them has
 * changed in between: a fix names the revisions and sequence numbers that it was found at.
 *
 * @param object what it is about, such as {@code address 10.65.0.3}
 * @param problem what is wrong, without a full stop
 * @param action what is done about it, by {@code ipam:check --repair} or by whom it says
 * @param fix empty when a person must decide
 * @param isLost whether a pod uses an address that its handle does not hold
 */
record Finding(String object, String problem, String action, Optional<Fix> fix, boolean isLost) {
  static Finding fixable(String object, String problem, String action, Fix fix) {
    return new Finding(object, problem, action, Optional.of(fix), false);
  }

  /** For a person. */
  static Finding of(String object, String problem, String action) {
    return new Finding(object, problem, action, Optional.empty(), false);
  }

  Finding lost() {
    return new Finding(object, problem, action, fix, true);
  }

  @Override
  public String toString() {
    return object + ": " + problem;
  }
}
