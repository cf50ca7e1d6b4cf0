// SPDX-License-Identifier: Apache-2.0
package io.margay.conformance;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** Versions of the CNI specification, oldest first. */
enum SpecVersion {
  V0_1_0("0.1.0"),
  V0_2_0("0.2.0"),
  V0_3_0("0.3.0"),
  V0_3_1("0.3.1"),
  V0_4_0("0.4.0"),
  V1_0_0("1.0.0"),
  V1_1_0("1.1.0");

  private final String text;

  SpecVersion(String text) {
    this.text = text;
  }

  static Optional<SpecVersion> parse(String text) {
    return Arrays.stream(values()).filter(version -> version.text.equals(text)).findFirst();
  }

  boolean atLeast(SpecVersion other) {
    return compareTo(other) >= 0;
  }

  /** As for a table: neighbours become a range. */
  static String ranges(Collection<SpecVersion> versions) {
    List<List<SpecVersion>> runs = new ArrayList<>();
    for (SpecVersion version : new TreeSet<>(versions)) {
      List<SpecVersion> last = runs.isEmpty() ? List.of() : runs.get(runs.size() - 1);
      if (last.isEmpty() || last.get(last.size() - 1).ordinal() + 1 != version.ordinal()) {
        runs.add(new ArrayList<>(List.of(version)));
      } else {
        last.add(version);
      }
    }
    return runs.stream()
        .map(run -> run.size() == 1 ? run.get(0).text : run.get(0) + "-" + run.get(run.size() - 1))
        .collect(Collectors.joining(","));
  }

  @Override
  public String toString() {
    return text;
  }
}
