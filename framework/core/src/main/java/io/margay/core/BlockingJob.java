// SPDX-License-Identifier: Apache-2.0
package io.margay.core;

import io.margay.api.dataplane.DataplaneException;
import io.margay.api.ipam.IpamException;
import io.margay.api.resource.InvalidResourceException;
import io.margay.api.store.StoreException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Executor;

/**
 * Runs on the I/O thread what blocks, one job at a time; after one that failed, none for a second.
 * Confined to the agent thread.
 */
final class BlockingJob {
  private static final Duration PAUSE = Duration.ofSeconds(1);

  /** What blocks. */
  @FunctionalInterface
  interface Job {
    void run() throws StoreException, InvalidResourceException, IpamException, DataplaneException;
  }

  private final AgentThread agent;
  private final Executor io;
  private final Runnable onFault;
  private final Runnable onPauseEnd;
  private Optional<String> fault = Optional.empty();
  private boolean isBusy;
  private boolean isPaused;

  /**
   * No job yet.
   *
   * @param onFault called on the agent thread when the fault came, changed or went
   * @param onPauseEnd called on the agent thread when a job may be run again after a failure
   */
  BlockingJob(AgentThread agent, Executor io, Runnable onFault, Runnable onPauseEnd) {
    this.agent = agent;
    this.io = io;
    this.onFault = onFault;
    this.onPauseEnd = onPauseEnd;
  }

  /** Whether a job may be run now. */
  boolean isIdle() {
    return !isBusy && !isPaused;
  }

  /** Why the last job failed. */
  Optional<String> fault() {
    return fault;
  }

  /**
   * Runs a job; only when idle.
   *
   * @param then called on the agent thread when it has succeeded
   */
  void run(Job job, Runnable then) {
    isBusy = true;
    io.execute(
        () -> {
          try {
            job.run();
            agent.execute(() -> done(then));
          } catch (StoreException
              | InvalidResourceException
              | IpamException
              | DataplaneException e) {
            agent.execute(() -> failed(e.getMessage()));
          } catch (RuntimeException | LinkageError e) {
            // The bundle was stopped under our feet, or is broken.
            agent.execute(() -> failed(e.toString()));
          }
        });
  }

  private void done(Runnable then) {
    isBusy = false;
    tell(Optional.empty());
    then.run();
  }

  private void failed(String why) {
    isBusy = false;
    isPaused = true;
    tell(Optional.of(why));
    agent.after(
        PAUSE,
        () -> {
          isPaused = false;
          onPauseEnd.run();
        });
  }

  private void tell(Optional<String> found) {
    if (!fault.equals(found)) {
      fault = found;
      onFault.run();
    }
  }
}
