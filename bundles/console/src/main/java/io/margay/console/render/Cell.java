// SPDX-License-Identifier: Apache-2.0
package io.margay.console.render;

import io.margay.api.net.Ip;
import java.net.InetAddress;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Collection;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.stream.Collectors;

/** Values and other text as they are shown to a person. */
public final class Cell {
  /** Stands for an absent value, so that every line has the same number of words. */
  static final String NONE = "-";

  private Cell() {}

  static String of(Object value) {
    String text = text(value);
    return text.isEmpty() ? NONE : printable(text);
  }

  /** {@link #printable} for text of several lines. */
  public static String printableLines(String text) {
    return text.lines().map(Cell::printable).collect(Collectors.joining("\n"));
  }

  /**
   * Replaces control characters, and those that turn the direction of writing or cannot be seen: a
   * label or a log line must neither move the reader's cursor nor show what is not there.
   */
  public static String printable(String text) {
    return text.codePoints().noneMatch(Cell::isControl)
        ? text
        : text.codePoints()
            .mapToObj(c -> isControl(c) ? String.format("\\x%02x", c) : Character.toString(c))
            .collect(Collectors.joining());
  }

  private static boolean isControl(int codePoint) {
    return switch (Character.getType(codePoint)) {
      case Character.CONTROL -> codePoint != '\t';
      case Character.FORMAT, Character.LINE_SEPARATOR, Character.PARAGRAPH_SEPARATOR -> true;
      default -> false;
    };
  }

  private static String text(Object value) {
    if (value == null) {
      return "";
    } else if (value instanceof Optional<?> optional) {
      return optional.map(Cell::text).orElse("");
    } else if (value instanceof OptionalInt optional) {
      return optional.isPresent() ? Integer.toString(optional.getAsInt()) : "";
    } else if (value instanceof OptionalLong optional) {
      return optional.isPresent() ? Long.toString(optional.getAsLong()) : "";
    } else if (value instanceof Boolean yes) {
      return yes ? "yes" : "no";
    } else if (value instanceof InetAddress address) {
      return Ip.text(address);
    } else if (value instanceof Duration duration) {
      return duration(duration);
    } else if (value instanceof Instant instant) {
      return instant.truncatedTo(ChronoUnit.SECONDS).toString();
    } else if (value instanceof byte[] bytes) {
      return HexFormat.of().formatHex(bytes);
    } else if (value instanceof Collection<?> collection) {
      return collection.stream().map(Cell::text).collect(Collectors.joining(","));
    } else if (value instanceof Map<?, ?> map) {
      return map.entrySet().stream()
          .map(entry -> text(entry.getKey()) + "=" + text(entry.getValue()))
          .collect(Collectors.joining(","));
    }
    return value.toString();
  }

  /** Two units at most: {@code 3d4h}, {@code 2m5s}, {@code 250ms}. */
  private static String duration(Duration duration) {
    if (duration.isNegative()) {
      return "-" + duration(duration.negated());
    } else if (duration.toSeconds() == 0) {
      return duration.toMillis() == 0 && !duration.isZero()
          ? duration.toNanos() / 1_000 + "us"
          : duration.toMillis() + "ms";
    }
    long[] amounts = {
      duration.toDaysPart(),
      duration.toHoursPart(),
      duration.toMinutesPart(),
      duration.toSecondsPart()
    };
    String units = "dhms";
    int first = 0;
    while (amounts[first] == 0) {
      first++;
    }
    StringBuilder text = new StringBuilder().append(amounts[first]).append(units.charAt(first));
    if (first + 1 < amounts.length && amounts[first + 1] > 0) {
      text.append(amounts[first + 1]).append(units.charAt(first + 1));
    }
    return text.toString();
  }
}
