// SPDX-License-Identifier: Apache-2.0
package io.margay.ipam;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;

/** Time that passes when a test says so. */
final class TestClock extends Clock {
  private volatile Instant now = Instant.parse("2026-01-31T12:00:00Z");

  void advance(Duration duration) {
    now = now.plus(duration);
  }

  /** As {@link System#nanoTime}. */
  long nanos() {
    return Duration.between(Instant.EPOCH, now).toNanos();
  }

  @Override
  public Instant instant() {
    return now;
  }

  @Override
  public ZoneId getZone() {
    return ZoneOffset.UTC;
  }

  @Override
  public Clock withZone(ZoneId zone) {
    return this;
  }
}
