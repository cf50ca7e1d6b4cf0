// SPDX-License-Identifier: Apache-2.0
package io.margay.bgp.daemon;

import static org.junit.jupiter.api.Assertions.fail;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/** Waits for what processes bring about by themselves. */
public final class Await {
  private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(60);
  private static final long STEP_NANOS = TimeUnit.MILLISECONDS.toNanos(50);

  private Await() {}

  /**
   * Returns when the condition is met, fails after a minute.
   *
   * @param otherwise what is told then
   */
  public static void until(String what, BooleanSupplier condition, Supplier<String> otherwise) {
    long deadline = System.nanoTime() + PATIENCE_NANOS;
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() > deadline) {
        fail("never: " + what + "\n" + otherwise.get());
      }
      LockSupport.parkNanos(STEP_NANOS);
    }
  }

  public static void until(String what, BooleanSupplier condition) {
    until(what, condition, () -> "");
  }
}
