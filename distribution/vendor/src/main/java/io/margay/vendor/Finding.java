// SPDX-License-Identifier: Apache-2.0
package io.margay.vendor;

import java.util.Optional;

/**
 * What came of one check.
 *
 * @param check what a good jar does, as a sentence without a full stop
 * @param problem what this one does instead; empty when it is good
 * @param detail what was found, when it is good
 */
record Finding(String check, Optional<String> problem, String detail) {
  Finding {
    problem = problem.map(text -> text.strip().replaceAll("\\s+", " "));
  }

  static Finding good(String check, String detail) {
    return new Finding(check, Optional.empty(), detail);
  }

  static Finding bad(String check, String problem) {
    return new Finding(check, Optional.of(problem), "");
  }
}
