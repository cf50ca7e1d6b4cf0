// SPDX-License-Identifier: Apache-2.0
package io.margay.bgp.session;

import java.util.concurrent.TimeUnit;

/** The clock of the speaker's thread; a test has its own. */
public interface Timers {
  /** Something that is to happen. */
  interface Timer {
    void cancel();
  }

  /** Monotonic. */
  long nanoTime();

  /** Runs a task once, on the speaker's thread. */
  Timer schedule(long delayNanos, Runnable task);

  /** A random number of 0 up to 1, for jitter. */
  double random();

  /** Runs a task once, in some seconds. */
  default Timer inSeconds(double seconds, Runnable task) {
    return schedule((long) (seconds * TimeUnit.SECONDS.toNanos(1)), task);
  }

  /** 75 to 100 % of it, so that speakers do not move in step. RFC 4271 section 10. */
  default double jittered(double seconds) {
    return seconds * (0.75 + 0.25 * random());
  }
}
