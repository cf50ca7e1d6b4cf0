// SPDX-License-Identifier: Apache-2.0
package io.margay.core.command;

import io.margay.api.console.CommandException;
import io.margay.api.console.Invocation;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;

/** Options that are a time. */
final class Times {
  private Times() {}

  /** Reads {@code 60s}, {@code 5m} or {@code 1h}. */
  static Optional<Duration> option(Invocation invocation, String option) throws CommandException {
    Optional<String> text = invocation.value(option);
    if (text.isPresent() && !text.get().matches("\\d{1,6}[smh]")) {
      throw new CommandException(
          "--" + option + ": " + text.get() + " (expected: a time such as 60s, 5m or 1h)");
    }
    return text.map(t -> Duration.parse("PT" + t.toUpperCase(Locale.ROOT)));
  }
}
