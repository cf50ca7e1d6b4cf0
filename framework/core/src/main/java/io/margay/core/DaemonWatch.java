// SPDX-License-Identifier: Apache-2.0
package io.margay.core;

import io.margay.api.mode.ModeDaemon;
import io.margay.api.mode.ModeDaemon.Readiness;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Executor;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks a mode's daemon every second whether it serves. Confined to the agent thread.
 *
 * <p>One that does not answer in time does not serve. Until the first answer, or its deadline,
 * nothing is known of it.
 */
final class DaemonWatch {
  private static final Logger LOG = LoggerFactory.getLogger(DaemonWatch.class);
  private static final Duration INTERVAL = Duration.ofSeconds(1);

  private final ModeDaemon daemon;
  private final AgentThread agent;
  private final Executor thread;
  private final Duration deadline;
  private final Runnable onChange;

  private Optional<Readiness> latest = Optional.empty();
  private int asked;
  private int answered;
  private boolean isClosed;

  /**
   * A watch that asks at once.
   *
   * @param thread on which the daemon is asked
   * @param onChange called on the agent thread when an answer is another than before
   */
  DaemonWatch(
      ModeDaemon daemon, AgentThread agent, Executor thread, Duration deadline, Runnable onChange) {
    this.daemon = daemon;
    this.agent = agent;
    this.thread = thread;
    this.deadline = deadline;
    this.onChange = onChange;
    ask();
  }

  /** Whether there was an answer, or none in time. */
  boolean isKnown() {
    return latest.isPresent();
  }

  /** Why the daemon does not serve, in a sentence; empty when it does. */
  Optional<String> whyNot() {
    return latest
        .map(r -> r.ready() ? Optional.<String>empty() : Optional.of(r.detail()))
        .orElse(Optional.of("it has not been asked yet"));
  }

  void close() {
    isClosed = true;
  }

  private void ask() {
    if (isClosed) {
      return;
    }
    int number = ++asked;
    thread.execute(
        () -> {
          Readiness answer;
          try {
            answer = daemon.readiness();
            answer = answer == null ? new Readiness(false, "it says nothing") : answer;
          } catch (RuntimeException | LinkageError e) {
            // As with a plan: a vendor's bug must not end the thread.
            answer = new Readiness(false, "asking it fails: " + e);
          }
          Readiness said = answer;
          agent.execute(() -> answered(number, said));
        });
    agent.after(deadline, () -> expire(number));
  }

  private void answered(int number, Readiness answer) {
    answered = number;
    take(answer);
    agent.after(INTERVAL, this::ask);
  }

  private void expire(int number) {
    if (answered < number) {
      take(new Readiness(false, "it does not answer within " + deadline.toMillis() + " ms"));
    }
  }

  private void take(Readiness answer) {
    if (isClosed || latest.equals(Optional.of(answer))) {
      return;
    }
    latest = Optional.of(answer);
    LOG.info("Daemon of a mode ready={} detail={}", answer.ready(), answer.detail());
    onChange.run();
  }
}
