// SPDX-License-Identifier: Apache-2.0
package io.margay.conformance;

/**
 * What came of one check at one version.
 *
 * @param observed the fact behind the result, on one line
 */
record Finding(Check check, SpecVersion version, Result result, String observed, long millis) {
  enum Result {
    PASS,
    FAIL,
    SKIP
  }

  Finding {
    observed = observed.strip().replaceAll("\\s+", " ");
  }
}
