// SPDX-License-Identifier: Apache-2.0
package io.margay.dataplane;

import java.time.Instant;

/** Where the time comes from; a test has its own. */
interface Time {
  Time SYSTEM =
      new Time() {
        @Override
        public long nanos() {
          return System.nanoTime();
        }

        @Override
        public Instant now() {
          return Instant.now();
        }
      };

  /** Nanoseconds of a clock that never jumps; only differences mean something. */
  long nanos();

  /** The wall clock, for people to read. */
  Instant now();
}
