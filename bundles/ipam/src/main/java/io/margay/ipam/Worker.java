// SPDX-License-Identifier: Apache-2.0
package io.margay.ipam;

import io.margay.api.ipam.AddressRequest;
import io.margay.api.ipam.IpamException;
import io.margay.api.ipam.IpamException.Reason;
import io.margay.api.net.IpFamily;
import io.margay.api.store.StoreException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one thread that assigns and releases. It takes all requests that wait and writes them as one
 * batch: two hundred pods that start at once cost a few writes, and never race each other. Other
 * processes may race; then the batch is tried again.
 */
final class Worker implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Worker.class);
  private static final int MAX_BATCH = 64;
  private static final int MAX_ROUNDS = 100;
  private static final long DRAIN_MILLIS = 5_000;

  private final Finder finder;

  /** Empty ends the thread. */
  private final BlockingQueue<Optional<Job<?>>> queue = new LinkedBlockingQueue<>();

  private final Thread thread = new Thread(this::run, "ipam");

  /** Jobs of a handle that a batch serves already; the thread's own. */
  private List<Job<?>> deferred = new ArrayList<>();

  // Guarded by this.
  private boolean closed;

  Worker(Finder finder) {
    this.finder = finder;
    thread.setDaemon(true);
    thread.start();
  }

  /** Takes a job; its result completes on the worker's thread. */
  synchronized void submit(Job<?> job) {
    if (closed) {
      job.fail(
          new IpamException(Reason.STORE, job.handleId() + ": address assignment is stopping"));
    } else {
      queue.add(Optional.of(job));
    }
  }

  /** Serves the jobs that wait, at most for five seconds, and ends. */
  @Override
  public void close() {
    synchronized (this) {
      closed = true;
      queue.add(Optional.empty());
    }
    try {
      thread.join(DRAIN_MILLIS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void run() {
    boolean ending = false;
    while (!ending || !deferred.isEmpty()) {
      List<Optional<Job<?>>> taken = new ArrayList<>();
      try {
        if (deferred.isEmpty()) {
          taken.add(queue.take());
        }
      } catch (InterruptedException e) {
        LOG.warn("Interrupted; address assignment ends", e);
        return;
      }
      queue.drainTo(taken, MAX_BATCH - taken.size());
      ending |= taken.contains(Optional.<Job<?>>empty());
      serve(batch(taken));
    }
  }

  /** One job of each handle, in order; the others wait for the next batch. */
  private List<Job<?>> batch(List<Optional<Job<?>>> taken) {
    List<Job<?>> waiting = new ArrayList<>(deferred);
    taken.forEach(job -> job.ifPresent(waiting::add));
    Set<String> handles = new HashSet<>();
    List<Job<?>> batch = new ArrayList<>();
    List<Job<?>> later = new ArrayList<>();
    for (Job<?> job : waiting) {
      (handles.add(job.handleId()) ? batch : later).add(job);
    }
    deferred = later;
    return batch;
  }

  private void serve(List<Job<?>> jobs) {
    try {
      List<Job<?>> open = new ArrayList<>(jobs);
      for (int i = 0; i < MAX_ROUNDS && !open.isEmpty(); i++) {
        round(open);
        open.removeIf(Job::isDone);
      }
      for (Job<?> job : open) {
        giveUp(
            job,
            new IpamException(
                Reason.CONTENTION,
                job.handleId() + ": others changed the same documents " + MAX_ROUNDS + " times"));
      }
      claimAhead(jobs);
    } catch (StoreException e) {
      // What of it was written we cannot know: a caller that repeats its request will find out.
      failAll(jobs, e);
    } catch (RuntimeException e) {
      LOG.error("Address assignment failed", e);
      failAll(jobs, e);
    }
  }

  private void round(List<Job<?>> open) throws StoreException {
    Batch batch = new Batch(finder.blocks());
    for (Job<?> job : open) {
      try {
        job.join(batch);
      } catch (IpamException e) {
        giveUp(job, e);
      }
    }
    batch.write(finder.store());
    open.forEach(Job::settle);
  }

  /** Fails a job; what it did is taken back before any later request of its handle. */
  private void giveUp(Job<?> job, IpamException e) {
    job.undo().ifPresent(deferred::add);
    job.fail(e);
  }

  private void failAll(List<Job<?>> jobs, Exception e) {
    finder.blocks().forgetAll();
    for (Job<?> job : jobs) {
      job.fail(new IpamException(Reason.STORE, job.handleId() + ": " + e.getMessage(), e));
    }
  }

  private void claimAhead(List<Job<?>> jobs) throws StoreException {
    Set<List<Object>> done = new HashSet<>();
    for (Job<?> job : jobs) {
      if (job instanceof AssignJob assign && assign.isServed()) {
        AddressRequest request = assign.request();
        for (IpFamily family : request.families()) {
          if (done.add(List.of(request.node(), family, request.pools(), request.use()))) {
            finder.claimAhead(request, family);
          }
        }
      }
    }
  }
}
