// SPDX-License-Identifier: Apache-2.0
package io.margay.console.shell;

import io.margay.api.console.Command;
import io.margay.api.console.CommandSpec;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;

/** What somebody may have meant who typed the name of no command. */
final class Similar {
  private static final int MOST = 5;
  private static final int MOST_TYPOS = 2;

  private Similar() {}

  /** Commands of that name in any scope, of that scope, or that differ by two letters at most. */
  static List<String> to(String typed, Collection<Command> commands) {
    List<String> same =
        commands.stream()
            .map(Command::spec)
            .filter(spec -> spec.name().equals(typed) || spec.scope().equals(typed))
            .map(CommandRegistry::nameOf)
            .limit(MOST)
            .toList();
    return same.isEmpty()
        ? commands.stream()
            .map(Command::spec)
            .filter(spec -> typos(typed, spec) <= Math.min(MOST_TYPOS, typed.length() / 3))
            .sorted(Comparator.comparingInt(spec -> typos(typed, spec)))
            .map(CommandRegistry::nameOf)
            .limit(MOST)
            .toList()
        : same;
  }

  private static int typos(String typed, CommandSpec spec) {
    return Math.min(distance(typed, CommandRegistry.nameOf(spec)), distance(typed, spec.name()));
  }

  /** Letters to insert, delete or replace (Levenshtein). */
  private static int distance(String a, String b) {
    int[] row = new int[b.length() + 1];
    for (int j = 0; j <= b.length(); j++) {
      row[j] = j;
    }
    for (int i = 1; i <= a.length(); i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j <= b.length(); j++) {
        int replaced = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        diagonal = row[j];
        row[j] = Math.min(replaced, 1 + Math.min(row[j], row[j - 1]));
      }
    }
    return row[b.length()];
  }
}
