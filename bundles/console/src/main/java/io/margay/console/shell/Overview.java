// SPDX-License-Identifier: Apache-2.0
package io.margay.console.shell;

import io.margay.api.console.Command;
import io.margay.api.console.CommandSpec;
import io.margay.console.render.Style;
import java.util.Collection;
import java.util.List;

/** The text of {@code help}: commands by scope. */
final class Overview {
  private static final String TOOLS =
      """

      Pipe output to grep, head, tail, sort, wc, cat; at a terminal also to less.
      COMMAND --help explains a command; --json prints any result as JSON.
      """;

  private Overview() {}

  /**
   * @param scope only its commands; all when empty
   * @return empty when there is no such scope
   */
  static String text(Collection<Command> commands, String scope, Style style) {
    List<CommandSpec> specs =
        commands.stream()
            .map(Command::spec)
            .filter(spec -> scope.isEmpty() || spec.scope().equals(scope))
            .toList();
    int width =
        specs.stream().mapToInt(spec -> CommandRegistry.nameOf(spec).length()).max().orElse(0);
    StringBuilder text = new StringBuilder();
    String previous = null;
    for (CommandSpec spec : specs) {
      if (!spec.scope().equals(previous)) {
        text.append(previous == null ? "" : "\n");
        previous = spec.scope();
      }
      String name = CommandRegistry.nameOf(spec);
      text.append(style.colours() ? "\033[1m" + name + "\033[0m" : name);
      text.append(" ".repeat(width + 2 - name.length())).append(spec.summary()).append('\n');
    }
    if (scope.isEmpty()) {
      text.append(TOOLS);
    }
    return text.toString();
  }
}
