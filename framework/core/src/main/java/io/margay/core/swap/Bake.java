// SPDX-License-Identifier: Apache-2.0
package io.margay.core.swap;

import io.margay.api.console.CommandException;
import io.margay.api.console.Invocation;
import java.time.Duration;

/** The option {@code --bake}: how long a new bundle is watched. */
final class Bake {
  static final String OPTION = "bake";
  static final Duration DEFAULT = Duration.ofSeconds(30);
  private static final int MAX_SECONDS = 3600;

  private Bake() {}

  /** Whole seconds, also written as {@code 30s}. */
  static Duration of(Invocation invocation) throws CommandException {
    String text = invocation.value(OPTION).orElse(DEFAULT.toSeconds() + "");
    if (text.matches("[0-9]{1,4}s?")) {
      int seconds = Integer.parseInt(text.replace("s", ""));
      if (seconds <= MAX_SECONDS) {
        return Duration.ofSeconds(seconds);
      }
    }
    throw new CommandException("--bake: " + text + " (expected: seconds, 0.." + MAX_SECONDS + ")");
  }
}
