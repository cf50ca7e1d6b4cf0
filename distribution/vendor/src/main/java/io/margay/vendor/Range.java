// SPDX-License-Identifier: Apache-2.0
package io.margay.vendor;

import java.util.Arrays;

/** A range of versions, as manifests write it: OSGi Core 8, section 3.2.6. */
record Range(String text) {
  static Range parse(String text) {
    return new Range(text.strip());
  }

  /** Whether a version, or null for none, is in the range. */
  boolean includes(String version) {
    if (version == null) {
      return false;
    }
    if (!text.startsWith("[") && !text.startsWith("(")) {
      return compare(version, text) >= 0;
    }
    String[] ends = text.substring(1, text.length() - 1).split(",");
    int low = compare(version, ends[0]);
    int high = compare(version, ends[1]);
    return (text.startsWith("[") ? low >= 0 : low > 0)
        && (text.endsWith("]") ? high <= 0 : high < 0);
  }

  private static int compare(String one, String other) {
    return Arrays.compare(numbers(one), numbers(other));
  }

  private static int[] numbers(String version) {
    int[] numbers = new int[3];
    String[] parts = version.strip().split("\\.");
    for (int i = 0; i < Math.min(parts.length, numbers.length); i++) {
      numbers[i] = Integer.parseInt(parts[i]);
    }
    return numbers;
  }
}
