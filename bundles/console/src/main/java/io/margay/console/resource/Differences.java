// SPDX-License-Identifier: Apache-2.0
package io.margay.console.resource;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeSet;

/** Fields in which two documents differ. */
final class Differences {
  private final List<String> found = new ArrayList<>();

  private Differences() {}

  /** One line for each field: {@code path: before -> after}, {@code -} for none. */
  static List<String> of(Map<String, Object> before, Map<String, Object> after) {
    Differences differences = new Differences();
    differences.compare("", before, after);
    return differences.found;
  }

  private void compare(String path, Object before, Object after) {
    if (before instanceof Map<?, ?> old && after instanceof Map<?, ?> now) {
      TreeSet<String> names = new TreeSet<>();
      old.keySet().forEach(name -> names.add(name.toString()));
      now.keySet().forEach(name -> names.add(name.toString()));
      for (String name : names) {
        compare(path.isEmpty() ? name : path + "." + name, old.get(name), now.get(name));
      }
    } else if (!Objects.equals(before, after)) {
      found.add(path + ": " + text(before) + " -> " + text(after));
    }
  }

  private static String text(Object value) {
    return value == null ? "-" : value.toString();
  }
}
