// SPDX-License-Identifier: Apache-2.0
package io.margay.ssh;

import io.margay.api.console.Console;
import java.time.Duration;
import java.util.Optional;

/** The console that is there now; it may be replaced while sessions are open. */
final class Consoles {
  private Console current;

  synchronized void bind(Console console) {
    current = console;
    notifyAll();
  }

  synchronized void unbind(Console console) {
    if (current == console) {
      current = null;
    }
  }

  synchronized boolean isCurrent(Console console) {
    return current == console;
  }

  /** The console, as soon as there is one; empty when there is none in time. */
  synchronized Optional<Console> await(Duration patience) throws InterruptedException {
    long deadline = System.nanoTime() + patience.toNanos();
    while (current == null) {
      long left = deadline - System.nanoTime();
      if (left <= 0) {
        return Optional.empty();
      }
      wait(left / 1_000_000 + 1);
    }
    return Optional.of(current);
  }
}
