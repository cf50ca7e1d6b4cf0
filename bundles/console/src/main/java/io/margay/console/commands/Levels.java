// SPDX-License-Identifier: Apache-2.0
package io.margay.console.commands;

import ch.qos.logback.classic.Level;
import io.margay.api.console.CommandException;
import java.util.List;
import java.util.Locale;

/** Names of log levels. */
final class Levels {
  static final List<String> NAMES = List.of("TRACE", "DEBUG", "INFO", "WARN", "ERROR");

  private Levels() {}

  /**
   * @param allowed names that the caller takes, all of them known to logback
   */
  static Level parse(String argument, String name, List<String> allowed) throws CommandException {
    String upper = name.toUpperCase(Locale.ROOT);
    if (!allowed.contains(upper)) {
      throw new CommandException(
          argument + ": " + name + " (expected: one of " + String.join(", ", allowed) + ")", 2);
    }
    return Level.valueOf(upper);
  }
}
