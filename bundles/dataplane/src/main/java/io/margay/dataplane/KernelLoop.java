// SPDX-License-Identifier: Apache-2.0
package io.margay.dataplane;

import io.margay.api.dataplane.DataplaneException;
import io.margay.api.dataplane.Owner;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The {@code kernel} thread: waits for the writer's token, opens the kernel, and then runs what
 * others post and a {@link Reconciler#step} after it. Nobody else touches the reconciler.
 *
 * <p>A node that cannot work (no rights, no such kernel feature) is not tried again: the thread
 * ends, and whoever asks is told why.
 */
final class KernelLoop implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(KernelLoop.class);
  static final String LOCK = "dataplane.lock";
  private static final long CALL_SECONDS = 30;
  private static final long DRAIN_SECONDS = 5;
  private static final long FIRST_PAUSE_NANOS = TimeUnit.SECONDS.toNanos(1);
  private static final long LAST_PAUSE_NANOS = TimeUnit.SECONDS.toNanos(60);

  /**
   * How long an event waits for more: a pod's link alone comes and goes with half a dozen, each of
   * which would cost a step.
   */
  private static final long GATHER_NANOS = TimeUnit.MILLISECONDS.toNanos(2);

  /** Work for the kernel thread. */
  @FunctionalInterface
  interface Task {
    void run(Reconciler reconciler);

    /** Called in place of {@link #run} when the kernel cannot be used. */
    default void refused(DataplaneException why) {}
  }

  /** A question for the kernel thread. */
  @FunctionalInterface
  interface Question<T> {
    T ask(Reconciler reconciler) throws DataplaneException;
  }

  /** Opens the kernel; called on the kernel thread. */
  @FunctionalInterface
  interface Opener {
    /**
     * Opens it.
     *
     * @param wake has a step made soon; for any thread
     * @param kernelThread runs something on the kernel thread; for any thread
     */
    Reconciler open(Runnable wake, Executor kernelThread) throws DataplaneException;
  }

  /** Somebody who waits for an owner to settle. */
  private static final class Waiter {
    private final Owner owner;
    private final CompletableFuture<Void> future;

    /** Whether what was refused before the question has been tried once more. */
    private boolean triedAgain;

    Waiter(Owner owner, CompletableFuture<Void> future) {
      this.owner = owner;
      this.future = future;
    }
  }

  private final Path state;
  private final Opener opener;
  private final Problems problems;
  private final Time time;
  private final Runnable onUnderlayChange;
  private final Thread thread;
  private final LinkedBlockingQueue<Task> queue = new LinkedBlockingQueue<>();
  private final AtomicBoolean woken = new AtomicBoolean();
  private final Task wakeUp = reconciler -> woken.set(false);

  private volatile boolean closing;
  private volatile boolean ready;
  private volatile DataplaneException ended;
  private volatile DataplaneException stumbled;
  private volatile long written;
  private volatile long deleted;
  private volatile long lostEvents;
  private volatile long completeReads;
  private volatile long failures;

  /** When the round under way began; 0 when none is. */
  private volatile long turnBeganNanos;

  // Of the kernel thread alone.
  private final List<Waiter> waiters = new ArrayList<>();
  private long pauseNanos;

  KernelLoop(
      Path state,
      Opener opener,
      Problems problems,
      Time time,
      Threads threads,
      Runnable onUnderlayChange) {
    this.state = state;
    this.opener = opener;
    this.problems = problems;
    this.time = time;
    this.onUnderlayChange = onUnderlayChange;
    this.thread = threads.create("kernel", this::run);
  }

  void start() {
    thread.start();
  }

  /** Runs the task on the kernel thread, in order, and a step after it. */
  void post(Task task) {
    queue.add(task);
    if (ended != null) {
      refuseQueued();
    }
  }

  /** Has a step made within milliseconds. */
  void wake() {
    if (woken.compareAndSet(false, true)) {
      post(wakeUp);
    }
  }

  /** Asks on the kernel thread and waits for the answer. */
  <T> T call(Question<T> question) throws DataplaneException {
    if (Thread.currentThread() == thread) {
      throw new IllegalStateException("blocking call on the kernel thread");
    }
    Asked<T> asked = new Asked<>(question, new CompletableFuture<>());
    post(asked);
    try {
      return asked.answer().get(CALL_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new DataplaneException("ask kernel: interrupted", "", e);
    } catch (TimeoutException e) {
      String why = ready ? "" : " (another dataplane holds the writer's token)";
      throw new DataplaneException("ask kernel: no answer in " + CALL_SECONDS + " s" + why, "", e);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof DataplaneException refusal) {
        throw refusal;
      }
      throw new IllegalStateException(e.getCause());
    }
  }

  /** Completes once nothing of the owner is pending of what was posted until now. */
  CompletableFuture<Void> settled(Owner owner) {
    CompletableFuture<Void> future = new CompletableFuture<>();
    post(
        new Task() {
          @Override
          public void run(Reconciler reconciler) {
            waiters.add(new Waiter(owner, future));
          }

          @Override
          public void refused(DataplaneException why) {
            future.completeExceptionally(why);
          }
        });
    return future;
  }

  /** Why the kernel is not written now; empty when it is. */
  Optional<DataplaneException> failure() {
    return Optional.ofNullable(ended != null ? ended : stumbled);
  }

  /** Whether the kernel was opened and read. */
  boolean isReady() {
    return ready;
  }

  long written() {
    return written;
  }

  long deleted() {
    return deleted;
  }

  /** How often events of the kernel were lost. */
  long lostEvents() {
    return lostEvents;
  }

  /** How often everything was read again. */
  long completeReads() {
    return completeReads;
  }

  /** How often the kernel could not be read or written. */
  long failures() {
    return failures;
  }

  /** What waits for the thread. */
  int waiting() {
    return queue.size();
  }

  /** How long the round under way has taken; 0 when none is. */
  long busyNanos() {
    long began = turnBeganNanos;
    return began == 0 ? 0 : time.nanos() - began;
  }

  /** Finishes what was posted, then ends the thread. The kernel stays as it is. */
  @Override
  public void close() {
    closing = true;
    wake();
    try {
      thread.join(TimeUnit.SECONDS.toMillis(DRAIN_SECONDS));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private record Asked<T>(Question<T> question, CompletableFuture<T> answer) implements Task {
    @Override
    public void run(Reconciler reconciler) {
      try {
        answer.complete(question.ask(reconciler));
      } catch (DataplaneException | RuntimeException e) {
        answer.completeExceptionally(e);
      }
    }

    @Override
    public void refused(DataplaneException why) {
      answer.completeExceptionally(why);
    }
  }

  // --- the kernel thread ---

  private void run() {
    try (WriterToken token = WriterToken.await(state.resolve(LOCK), () -> closing)) {
      if (token != null) {
        work();
      }
      end(new DataplaneException("dataplane: stopped", ""));
    } catch (DataplaneException e) {
      LOG.error("The dataplane cannot work: {}", e.getMessage());
      end(e);
    } catch (IOException e) {
      LOG.error("The dataplane cannot work", e);
      end(new DataplaneException("lock " + state + ": " + e, "", e));
    } catch (InterruptedException e) {
      end(new DataplaneException("dataplane: interrupted", "", e));
    }
  }

  private void work() throws DataplaneException, InterruptedException {
    Reconciler reconciler = opener.open(this::wake, task -> post(r -> task.run()));
    try {
      reconciler.start();
      ready = true;
      while (!closing) {
        long wait = Math.max(pauseNanos, reconciler.nextNanos() - time.nanos());
        Task first = queue.poll(wait, TimeUnit.NANOSECONDS);
        if (first == wakeUp && !closing) {
          first = gather();
        }
        turn(reconciler, first);
      }
      turn(reconciler, null);
    } finally {
      reconciler.close();
    }
  }

  /** Takes a wake-up back until something is asked, or for the time that events take to gather. */
  private Task gather() throws InterruptedException {
    Task asked = queue.poll(GATHER_NANOS, TimeUnit.NANOSECONDS);
    woken.set(false); // What happens from now on is not sure to be seen by the step that follows.
    return asked;
  }

  /** One round: all that was posted, a step, and the answers. */
  private void turn(Reconciler reconciler, Task first) {
    turnBeganNanos = time.nanos() | 1; // Never 0.
    try {
      if (first != null) {
        first.run(reconciler);
      }
      for (Task task = queue.poll(); task != null; task = queue.poll()) {
        task.run(reconciler);
      }
      reconciler.step();
      if (tryAgain(reconciler)) {
        reconciler.step();
      }
      pauseNanos = 0;
      stumbled = null;
    } catch (DataplaneException e) {
      stumble(e);
    } catch (RuntimeException e) {
      LOG.error("Bug in the dataplane", e);
      stumble(new DataplaneException("dataplane: " + e, "", e));
    }
    written = reconciler.written();
    deleted = reconciler.deleted();
    lostEvents = reconciler.lostEvents();
    completeReads = reconciler.completeReads();
    turnBeganNanos = 0;
    problems.takeRepairs().ifPresent(text -> LOG.info("Repaired foreign changes: {}", text));
    problems.takeNews().ifPresent(text -> LOG.warn("Not in the kernel: {}", text));
    answer(reconciler);
    if (reconciler.takeUnderlayChanged()) {
      onUnderlayChange.run();
    }
  }

  /** A refusal answers a question only if it is newer than the question. */
  private boolean tryAgain(Reconciler reconciler) {
    boolean any = false;
    for (Waiter waiter : waiters) {
      if (!waiter.triedAgain) {
        waiter.triedAgain = true;
        any |= reconciler.tryAgain(waiter.owner);
      }
    }
    return any;
  }

  private void stumble(DataplaneException e) {
    if (stumbled == null) {
      LOG.error("Cannot read or write the kernel, trying again: {}", e.getMessage());
    }
    stumbled = e;
    failures++;
    pauseNanos = Math.min(Math.max(2 * pauseNanos, FIRST_PAUSE_NANOS), LAST_PAUSE_NANOS);
  }

  private void answer(Reconciler reconciler) {
    for (Waiter waiter : List.copyOf(waiters)) {
      DataplaneException refusal = stumbled;
      if (refusal == null) {
        if (reconciler.isPending(waiter.owner)) {
          continue;
        }
        refusal = problems.first(waiter.owner).orElse(null);
      }
      waiters.remove(waiter);
      if (refusal == null) {
        waiter.future.complete(null);
      } else {
        waiter.future.completeExceptionally(refusal);
      }
    }
  }

  private void end(DataplaneException why) {
    ended = why;
    ready = false;
    waiters.forEach(w -> w.future.completeExceptionally(why));
    refuseQueued();
  }

  private void refuseQueued() {
    for (Task task = queue.poll(); task != null; task = queue.poll()) {
      task.refused(ended);
    }
  }
}
