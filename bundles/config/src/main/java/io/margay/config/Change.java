// SPDX-License-Identifier: Apache-2.0
package io.margay.config;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeSet;

/**
 * A change of a configuration file that was applied.
 *
 * @param number counts the changes of this node
 * @param by {@code console} or {@code file}
 * @param file its name
 * @param before the text before; empty when there was no such file
 * @param after the text after; empty when it was removed
 */
record Change(
    long number,
    Instant when,
    String by,
    String file,
    Optional<String> before,
    Optional<String> after) {
  private static final String SECRET = "(?i).*(password|secret|token|hash).*";

  /** What one who may read configuration sees of a value. */
  static String shown(String key, String value) {
    return key.matches(SECRET) && !value.isEmpty() ? "***" : value;
  }

  /** A line for each key: {@code threads 8 -> 16}; {@code default} for none. */
  static List<String> lines(Map<String, String> before, Map<String, String> after) {
    List<String> lines = new ArrayList<>();
    TreeSet<String> keys = new TreeSet<>(before.keySet());
    keys.addAll(after.keySet());
    for (String key : keys) {
      if (!Objects.equals(before.get(key), after.get(key))) {
        lines.add(key + " " + shown(before, key) + " -> " + shown(after, key));
      }
    }
    return lines;
  }

  private static String shown(Map<String, String> values, String key) {
    String value = values.get(key);
    return value == null ? "default" : shown(key, value);
  }
}
