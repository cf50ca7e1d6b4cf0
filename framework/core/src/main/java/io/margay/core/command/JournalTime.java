// SPDX-License-Identifier: Apache-2.0
package io.margay.core.command;

import io.margay.api.console.CommandException;
import io.margay.api.console.Invocation;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.util.Locale;
import java.util.Optional;

/** Options that say when: so long ago, or a time of the day or of the calendar. */
final class JournalTime {
  private static final String EXPECTED =
      " (expected: so long ago, such as 90s, 10m, 1h or 2d, or a time such as 21:05,"
          + " 2026-11-23T21:05 or 2026-11-23T21:05:00Z)";

  private JournalTime() {}

  /** Reads an option; a time without a zone is in that of the node. */
  static Optional<Instant> option(Invocation invocation, String option, Instant now)
      throws CommandException {
    Optional<String> text = invocation.value(option);
    try {
      return text.map(t -> parse(t.strip(), now, ZoneId.systemDefault()));
    } catch (DateTimeException e) {
      throw new CommandException("--" + option + ": " + text.orElse("") + EXPECTED, 2);
    }
  }

  /**
   * Reads such a time.
   *
   * @throws DateTimeException when it is none
   */
  static Instant parse(String text, Instant now, ZoneId zone) {
    if (text.matches("\\d{1,6}[smhd]")) {
      String upper = text.toUpperCase(Locale.ROOT);
      return now.minus(Duration.parse(upper.endsWith("D") ? "P" + upper : "PT" + upper));
    }
    if (!text.contains("T")) {
      ZonedDateTime today = now.atZone(zone).with(LocalTime.parse(text));
      return (today.toInstant().isAfter(now) ? today.minusDays(1) : today).toInstant();
    }
    boolean hasZone = text.matches(".*(Z|[+-]\\d\\d:\\d\\d)$");
    return hasZone
        ? OffsetDateTime.parse(text).toInstant()
        : LocalDateTime.parse(text).atZone(zone).toInstant();
  }
}
