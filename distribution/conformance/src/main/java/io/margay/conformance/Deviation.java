// SPDX-License-Identifier: Apache-2.0
package io.margay.conformance;

/** The plugin did something else than the clause wants; the message is what was observed. */
final class Deviation extends Exception {
  private static final long serialVersionUID = 1L;

  Deviation(String observed) {
    super(observed);
  }
}
