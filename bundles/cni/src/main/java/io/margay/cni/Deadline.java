// SPDX-License-Identifier: Apache-2.0
package io.margay.cni;

import java.time.Duration;

/** The moment by which a call must have its answer. */
record Deadline(long nanos) {
  static Deadline after(Duration time) {
    return new Deadline(System.nanoTime() + time.toNanos());
  }

  /** Milliseconds left, rounded up; 0 when it has passed. */
  long millisLeft() {
    return Math.max(0, (nanos - System.nanoTime() + 999_999) / 1_000_000);
  }
}
