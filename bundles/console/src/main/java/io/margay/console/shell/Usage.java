// SPDX-License-Identifier: Apache-2.0
package io.margay.console.shell;

import io.margay.api.console.CommandSpec;
import io.margay.api.console.CommandSpec.Argument;
import io.margay.api.console.CommandSpec.Option;
import io.margay.api.console.CommandSpec.Role;
import java.util.Locale;

/** The text of {@code --help}, made of a {@link CommandSpec}. */
final class Usage {
  private static final int COLUMN = 24;

  private Usage() {}

  /** Name of an argument as shown: upper case. */
  static String placeholder(String argument) {
    return argument.toUpperCase(Locale.ROOT);
  }

  /** One line: the command with its arguments and options. */
  static String line(CommandSpec spec) {
    StringBuilder text = new StringBuilder("usage: ").append(CommandRegistry.nameOf(spec));
    for (Argument argument : spec.arguments()) {
      String name = placeholder(argument.name()) + (argument.repeated() ? "..." : "");
      text.append(argument.required() ? " " + name : " [" + name + "]");
    }
    for (Option option : Arguments.options(spec)) {
      text.append(" [").append(synopsis(option)).append("]");
    }
    return text.toString();
  }

  static String text(CommandSpec spec) {
    StringBuilder text = new StringBuilder(line(spec)).append("\n\n");
    text.append(sentence(spec.summary())).append('\n');
    if (spec.role() != Role.VIEWER) {
      text.append("Needs the role ").append(CommandRegistry.nameOf(spec.role())).append(".\n");
    }
    if (!spec.arguments().isEmpty()) {
      text.append("\nArguments:\n");
      spec.arguments().forEach(a -> entry(text, placeholder(a.name()), a.description()));
    }
    text.append("\nOptions:\n");
    Arguments.options(spec).forEach(o -> entry(text, synopsis(o), o.description()));
    if (!spec.examples().isEmpty()) {
      text.append("\nExamples:\n");
      spec.examples().forEach(example -> text.append("  ").append(example).append('\n'));
    }
    return text.toString();
  }

  private static String synopsis(Option option) {
    return Arguments.dashed(option) + option.value().map(value -> " " + value).orElse("");
  }

  private static void entry(StringBuilder text, String name, String description) {
    text.append("  ").append(name);
    text.append(" ".repeat(Math.max(2, COLUMN - 2 - name.length())));
    text.append(description).append('\n');
  }

  private static String sentence(String summary) {
    return summary.isEmpty()
        ? ""
        : summary.substring(0, 1).toUpperCase(Locale.ROOT) + summary.substring(1) + ".";
  }
}
