// SPDX-License-Identifier: Apache-2.0
package io.margay.dataplane;

import io.margay.dataplane.Slot.Trouble;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/**
 * When to try again: refused objects from 1 to 60 s, repairs of one object at most once a second.
 */
final class Retry {
  static final long NEVER = Long.MAX_VALUE;
  private static final long FIRST_NANOS = TimeUnit.SECONDS.toNanos(1);
  private static final long LAST_NANOS = TimeUnit.SECONDS.toNanos(60);
  private static final long REPAIR_NANOS = TimeUnit.MILLISECONDS.toNanos(50);
  private static final long REPAIR_LAST_NANOS = TimeUnit.MILLISECONDS.toNanos(800);
  private static final long QUIET_NANOS = TimeUnit.SECONDS.toNanos(10);

  /** The node cannot do this, now or later. */
  private static final Set<String> HOPELESS = Set.of("EPERM", "EOPNOTSUPP", "EAFNOSUPPORT");

  private Retry() {}

  static boolean isHopeless(String errno) {
    return HOPELESS.contains(errno);
  }

  /** Sets when a refused object is due again: 1, 2, 4 ... 60 s. */
  static void refused(Trouble trouble, String errno, long now) {
    int doublings = Math.min(trouble.attempts++, 6);
    trouble.dueNanos =
        isHopeless(errno) ? NEVER : now + Math.min(FIRST_NANOS << doublings, LAST_NANOS);
  }

  /**
   * How long the repair of an object has to wait, because another daemon keeps changing it and a
   * fight must not burn the CPU.
   */
  static long repairDelayNanos(Trouble trouble, long now) {
    boolean quiet = trouble.repairs == 0 || now - trouble.repairedNanos > QUIET_NANOS;
    if (quiet) {
      trouble.repairs = 0;
      return 0;
    }
    long pause = Math.min(REPAIR_NANOS << Math.min(trouble.repairs, 6), REPAIR_LAST_NANOS);
    return Math.max(0, trouble.repairedNanos + pause - now);
  }

  static void repaired(Trouble trouble, long now) {
    trouble.repairs++;
    trouble.repairedNanos = now;
  }
}
