// SPDX-License-Identifier: Apache-2.0
package io.margay.console.commands;

import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.IThrowableProxy;
import ch.qos.logback.classic.spi.ThrowableProxyUtil;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Optional;

/**
 * One event of the agent's log.
 *
 * @param error stack trace of the exception that was logged
 */
record LogLine(
    Instant time,
    String level,
    String thread,
    String logger,
    String message,
    Optional<String> error) {
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss.SSS'Z'").withZone(ZoneOffset.UTC);

  static LogLine of(ILoggingEvent event) {
    IThrowableProxy thrown = event.getThrowableProxy();
    return new LogLine(
        Instant.ofEpochMilli(event.getTimeStamp()),
        event.getLevel().toString(),
        event.getThreadName(),
        event.getLoggerName(),
        event.getFormattedMessage(),
        thrown == null ? Optional.empty() : Optional.of(ThrowableProxyUtil.asString(thrown)));
  }

  /** As a person reads it: one line, and the stack trace below. */
  String text() {
    String shortLogger = logger.substring(logger.lastIndexOf('.') + 1);
    return String.format(
        "%s %-5s %s: %s%s",
        TIME.format(time), level, shortLogger, message, error.map(e -> "\n" + e).orElse(""));
  }
}
