// SPDX-License-Identifier: Apache-2.0
package io.margay.api.mode;

import java.util.Map;
import java.util.OptionalInt;

/**
 * Cluster-wide settings, from FelixConfiguration with its {@code node.NAME} overlay, by their names
 * there ({@code vxlanVNI}, {@code vxlanPort}, {@code ipipMTU} ...), values as text.
 */
public record Settings(Map<String, String> values) {
  public Settings {
    values = Map.copyOf(values);
  }

  /**
   * A whole number, or empty when it is not set.
   *
   * @throws IllegalArgumentException when the value is no number
   */
  public OptionalInt integer(String name) {
    String text = values.get(name);
    if (text == null) {
      return OptionalInt.empty();
    }
    try {
      return OptionalInt.of(Integer.parseInt(text));
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(name + ": " + text + " (expected: a whole number)", e);
    }
  }
}
