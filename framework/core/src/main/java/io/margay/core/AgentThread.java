// SPDX-License-Identifier: Apache-2.0
package io.margay.core;

import java.time.Duration;
import java.util.concurrent.Executor;

/** The thread that alone reads and writes the agent's state. Nothing on it blocks. */
interface AgentThread extends Executor {
  /** Runs a task after a delay; dropped when the agent has stopped. */
  void after(Duration delay, Runnable task);

  /** Monotonic time, see {@link System#nanoTime}. */
  long nanoTime();
}
