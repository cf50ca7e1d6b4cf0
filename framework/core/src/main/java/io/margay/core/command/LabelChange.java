// SPDX-License-Identifier: Apache-2.0
package io.margay.core.command;

import io.margay.api.console.CommandException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Labels or annotations to set and to remove, as an operator types them: {@code team=blue} sets,
 * {@code team-} removes.
 */
record LabelChange(Map<String, String> set, List<String> removed) {
  static final String USAGE = "KEY=VALUE sets, KEY- removes";

  static LabelChange parse(List<String> words) throws CommandException {
    Map<String, String> set = new LinkedHashMap<>();
    List<String> removed = new ArrayList<>();
    for (String word : words) {
      int equals = word.indexOf('=');
      if (equals > 0) {
        set.put(word.substring(0, equals), word.substring(equals + 1));
      } else if (word.endsWith("-") && word.length() > 1) {
        removed.add(word.substring(0, word.length() - 1));
      } else {
        throw new CommandException(word + " (expected: " + USAGE + ")", 2);
      }
    }
    return new LabelChange(set, removed);
  }

  Map<String, String> applyTo(Map<String, String> before) {
    Map<String, String> after = new TreeMap<>(before);
    after.putAll(set);
    after.keySet().removeAll(removed);
    return after;
  }

  /** As {@code a=1 b=2}. */
  static String text(Map<String, String> labels) {
    List<String> words = new ArrayList<>();
    new TreeMap<>(labels).forEach((key, value) -> words.add(key + "=" + value));
    return words.isEmpty() ? "none" : String.join(" ", words);
  }
}
