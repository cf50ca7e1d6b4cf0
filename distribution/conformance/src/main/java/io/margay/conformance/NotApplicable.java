// SPDX-License-Identifier: Apache-2.0
package io.margay.conformance;

/** A check cannot be made of this plugin or here; the message says why. */
final class NotApplicable extends Exception {
  private static final long serialVersionUID = 1L;

  NotApplicable(String why) {
    super(why);
  }
}
