// SPDX-License-Identifier: Apache-2.0
package io.margay.conformance;

import java.util.List;
import java.util.stream.Stream;

/** All checks, in the order of the report. */
final class Suite {
  private Suite() {}

  /**
   * @param flips see {@link Options#flips()}
   */
  static List<Check> all(int flips) {
    return Stream.of(
            VersionChecks.all(),
            EnvironmentChecks.all(),
            ConfChecks.all(),
            ResultChecks.all(),
            AddChecks.all(),
            DelChecks.all(),
            CheckChecks.all(),
            GcChecks.all(),
            LoadChecks.all(),
            GarbageChecks.all(flips),
            ErrorChecks.all())
        .flatMap(List::stream)
        .toList();
  }
}
