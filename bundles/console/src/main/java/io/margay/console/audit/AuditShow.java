// SPDX-License-Identifier: Apache-2.0
package io.margay.console.audit;

import io.margay.api.console.Command;
import io.margay.api.console.CommandException;
import io.margay.api.console.CommandSpec;
import io.margay.api.console.Invocation;
import io.margay.api.console.Output;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/** {@code system:audit}: who changed what, and who was not let. */
@Component
public final class AuditShow implements Command {
  private static final String SINCE = "since";
  private static final String USER = "user";
  private static final String LIMIT = "n";
  private static final int DEFAULT_LIMIT = 100;

  /** The outcome is an exit status, or why there is none. */
  private record Row(
      Instant time,
      String user,
      String from,
      String outcome,
      Optional<Duration> took,
      String line) {}

  private final AuditLog log;

  @Activate
  public AuditShow(@Reference AuditLog log) {
    this.log = log;
  }

  @Override
  public CommandSpec spec() {
    return CommandSpec.of("system", "audit", "list the changing commands that were run or refused")
        .withOption(SINCE, "TIME", "an age such as 30m, 12h, 7d, or a time in UTC")
        .withOption(USER, "NAME", "only what this user did")
        .withOption(LIMIT, "N", "the last N; " + DEFAULT_LIMIT + " unless given")
        .withRows(Row.class)
        .withExample("system:audit --since 1h")
        .withExample("system:audit --user root -n 5 --json");
  }

  @Override
  public void run(Invocation invocation, Output output) throws CommandException {
    Optional<Instant> since = since(invocation);
    int limit = limit(invocation);
    Optional<String> user = invocation.value(USER);
    Map<String, Event> last = new LinkedHashMap<>();
    long[] number = {0};
    try {
      log.read(
          event -> {
            if (since.map(s -> event.time().isBefore(s)).orElse(false)
                || user.map(u -> !event.user().equals(u)).orElse(false)) {
              return;
            }
            boolean refused = event.kind().equals(Event.REFUSED);
            // An end takes the place of its beginning, so that one command is one row.
            last.put(refused ? "refused " + number[0]++ : event.id(), event);
            if (last.size() > limit) {
              last.remove(last.keySet().iterator().next());
            }
          });
    } catch (IOException e) {
      throw new CommandException("audit log: " + e.getMessage(), e);
    }
    last.values().forEach(event -> output.row(row(event)));
  }

  private static Row row(Event event) {
    String outcome =
        switch (event.kind()) {
          case Event.REFUSED -> "refused";
          case Event.BEGIN -> "not ended";
          default -> event.status().map(s -> s == 0 ? "done" : "status " + s).orElse("?");
        };
    Instant began = event.took().map(event.time()::minus).orElse(event.time());
    return new Row(began, event.user(), event.from(), outcome, event.took(), event.line());
  }

  private static int limit(Invocation invocation) throws CommandException {
    String text = invocation.value(LIMIT).orElse(String.valueOf(DEFAULT_LIMIT));
    try {
      int limit = Integer.parseInt(text);
      if (limit >= 1 && limit <= 100_000) {
        return limit;
      }
      throw new CommandException("-n: " + text + " (expected: 1..100000)", 2);
    } catch (NumberFormatException e) {
      throw new CommandException("-n: " + text + " (expected: 1..100000)", 2);
    }
  }

  private static Optional<Instant> since(Invocation invocation) throws CommandException {
    Optional<String> given = invocation.value(SINCE);
    if (given.isEmpty()) {
      return Optional.empty();
    }
    String text = given.get();
    try {
      if (text.matches("\\d{1,6}[smh]")) {
        return Optional.of(
            Instant.now().minus(Duration.parse("PT" + text.toUpperCase(Locale.ROOT))));
      }
      if (text.matches("\\d{1,5}d")) {
        return Optional.of(
            Instant.now().minus(Duration.parse("P" + text.toUpperCase(Locale.ROOT))));
      }
      return Optional.of(Instant.parse(text));
    } catch (DateTimeParseException e) {
      throw new CommandException(
          "--since: " + text + " (expected: such as 30m, 12h, 7d or 2026-01-31T12:00:00Z)", 2);
    }
  }
}
