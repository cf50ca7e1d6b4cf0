// SPDX-License-Identifier: Apache-2.0
package io.margay.conformance;

import java.util.List;
import java.util.stream.Stream;

/** All checks, in the order of the report. */
final class Suite {
  private Suite() {}

  static List<Check> all() {
    return Stream.of(
            VersionChecks.all(), EnvironmentChecks.all(), ResultChecks.all(), AddChecks.all())
        .flatMap(List::stream)
        .toList();
  }
}
