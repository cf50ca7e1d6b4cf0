// SPDX-License-Identifier: Apache-2.0
package io.margay.api.resource;

import java.math.BigDecimal;
import java.time.Duration;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Time spans as Go prints them: {@code 1m30s123ms}, {@code 1.5h}, {@code 0}. */
final class GoDuration {
  private static final Pattern PART =
      Pattern.compile("([0-9]{1,12}(?:\\.[0-9]{1,9})?)(ns|us|µs|ms|s|m|h)");
  private static final Map<String, Long> NANOS =
      Map.of(
          "ns", 1L,
          "us", 1_000L,
          "µs", 1_000L,
          "ms", 1_000_000L,
          "s", 1_000_000_000L,
          "m", 60_000_000_000L,
          "h", 3_600_000_000_000L);

  private GoDuration() {}

  static Duration parse(String text) {
    if (text.equals("0")) {
      return Duration.ZERO;
    }
    Matcher parts = PART.matcher(text);
    BigDecimal nanos = BigDecimal.ZERO;
    int end = 0;
    while (parts.find() && parts.start() == end) {
      nanos =
          nanos.add(
              new BigDecimal(parts.group(1))
                  .multiply(BigDecimal.valueOf(NANOS.get(parts.group(2)))));
      end = parts.end();
    }
    boolean fits = nanos.compareTo(BigDecimal.valueOf(Long.MAX_VALUE)) <= 0;
    if (end == 0 || end != text.length() || !fits) {
      throw new IllegalArgumentException(
          "duration: " + text + " (expected: a time span such as 1m30s or 250ms)");
    }
    return Duration.ofNanos(nanos.longValue());
  }
}
