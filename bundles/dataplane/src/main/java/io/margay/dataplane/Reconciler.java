// SPDX-License-Identifier: Apache-2.0
package io.margay.dataplane;

import io.margay.api.dataplane.Cause;
import io.margay.api.dataplane.DataplaneException;
import io.margay.api.dataplane.DesiredState;
import io.margay.api.dataplane.KernelObject;
import io.margay.api.dataplane.KernelObject.Kind;
import io.margay.api.dataplane.Owner;
import io.margay.dataplane.journal.Recorder;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes the kernel what the owners declare. Belongs to one thread and starts none: somebody calls
 * {@link #step} after every call and event, and again when {@link #nextNanos} has come.
 *
 * <p>{@link Intent} knows what is wanted, {@link Observer} what is there, {@link Writer} writes the
 * difference; all three share {@link Slots}.
 */
final class Reconciler {
  private static final Logger LOG = LoggerFactory.getLogger(Reconciler.class);

  /** Of the time, at most a tenth is spent on trying refused objects again because of events. */
  private static final int PAUSE_PER_WAKE = 10;

  private static final long WAKE_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

  private final Kernel kernel;
  private final Time time;
  private final Slots slots = new Slots();
  private final Intent intent;
  private final Observer observer;
  private final Writer writer;
  private final Inspector inspector;
  private final Report report = new Report();
  private final long refreshNanos;

  private long refreshAt;
  private long wakeableAt;
  private boolean wake;

  Reconciler(
      Kernel kernel,
      Problems problems,
      Recorder recorder,
      Time time,
      long refreshSeconds,
      boolean takeover) {
    Chronicle chronicle = new Chronicle(recorder);
    this.kernel = kernel;
    this.time = time;
    this.refreshNanos = TimeUnit.SECONDS.toNanos(refreshSeconds);
    this.intent = new Intent(slots, problems, chronicle);
    this.observer = new Observer(kernel, slots, problems, chronicle, time);
    this.writer = new Writer(kernel, slots, observer, problems, chronicle, time, takeover);
    this.inspector = new Inspector(kernel, slots, intent, takeover);
    this.wakeableAt = time.nanos();
    kernel.listen(observer);
  }

  /** Reads the kernel and recognises what is ours. */
  void start() throws DataplaneException {
    for (Kind kind : Kind.values()) {
      observer.read(kind);
    }
    refreshAt = time.nanos() + refreshNanos;
    LOG.info("Kernel read ours={}", slots.all().filter(s -> s.ours).count());
  }

  void declare(Owner owner, DesiredState desired, Cause cause) {
    boolean isNew = intent.declare(owner, desired, cause);
    report.declared(owner, desired.objects().size(), cause, isNew);
  }

  void retire(Owner owner, Cause cause) {
    intent.retire(owner, cause);
    report.retired(owner, cause);
  }

  void sweep(Predicate<KernelObject> keep, Cause cause) {
    report.swept(intent.sweep(keep, cause), cause);
  }

  Inspector inspector() {
    return inspector;
  }

  /**
   * Queues what is refused of an owner: the one who asks may have just made the link that was
   * missing, and the event that tells of it may still be on its way.
   *
   * @return whether anything is to be tried
   */
  boolean tryAgain(Owner owner) {
    List<Slot> again = retriable().filter(s -> owner.equals(s.owner)).toList();
    again.forEach(slots::touch);
    return !again.isEmpty();
  }

  /** Takes events in, reads what they put in doubt, and writes what differs. */
  void step() throws DataplaneException {
    long writtenBefore = written();
    long deletedBefore = deleted();
    try {
      reconcile();
    } catch (DataplaneException | RuntimeException e) {
      observer.markAll(); // It is not known what was written.
      slots.touchAll();
      throw e;
    } finally {
      report.log(written() - writtenBefore, deleted() - deletedBefore);
    }
  }

  private void reconcile() throws DataplaneException {
    observer.drain();
    long now = time.nanos();
    boolean refreshes = now - refreshAt >= 0;
    if (refreshes) {
      observer.markAll();
      refreshAt = now + refreshNanos;
    }
    observer.readStale();
    if (refreshes) {
      intent.sweepEntries();
    }
    // What was declared anew is compared with values that were never read.
    observer.look(
        slots.queued().filter(s -> s.kind == Kind.SYSCTL && s.actual == null).toList(), true);
    queueDue(observer.delayed(), now);
    queueDue(slots.refused(), now);
    wake |= observer.takeDependencyAppeared();
    if (wake && now - wakeableAt >= 0) {
      wake = false;
      queueRefused();
      writer.run();
      wakeableAt = time.nanos() + WAKE_NANOS + PAUSE_PER_WAKE * (time.nanos() - now);
    } else if (slots.anyQueued()) {
      writer.run();
    }
  }

  /** When {@link #step} has something to do by itself. */
  long nextNanos() {
    long next = Math.min(refreshAt, observer.nextReadNanos());
    if (wake) {
      next = Math.min(next, wakeableAt);
    }
    long due =
        Stream.concat(observer.delayed().stream(), slots.refused().stream())
            .mapToLong(s -> s.trouble.dueNanos)
            .min()
            .orElse(Retry.NEVER);
    return slots.anyQueued() ? time.nanos() : Math.min(next, due);
  }

  /** Whether something that the owner declared, or let go, has been neither done nor refused. */
  boolean isPending(Owner owner) {
    return Stream.concat(slots.queued(), observer.delayed().stream())
            .anyMatch(s -> owner.equals(s.owner))
        || slots.of(Kind.LINK).stream().anyMatch(s -> s.deleting && owner.equals(s.owner));
  }

  /** Events showed since the last call that the underlay changed. */
  boolean takeUnderlayChanged() {
    return observer.takeUnderlayChanged();
  }

  /** How often events of the kernel were lost. */
  long lostEvents() {
    return observer.lostEvents();
  }

  /** How often everything was read again, for whatever reason. */
  long completeReads() {
    return observer.completeReads();
  }

  long written() {
    return writer.written();
  }

  long deleted() {
    return writer.deleted();
  }

  void close() {
    kernel.close();
  }

  private void queueDue(Collection<Slot> from, long now) {
    for (Slot slot : new ArrayList<>(from)) {
      long due = slot.trouble.dueNanos;
      if (due != Retry.NEVER && now - due >= 0) {
        if (slot.isRefused()) {
          slot.trouble.dueNanos = Retry.NEVER;
        } else {
          from.remove(slot);
        }
        slots.touch(slot);
      }
    }
  }

  private void queueRefused() {
    retriable().toList().forEach(slots::touch);
  }

  /** A conflict ends when the foreign object goes, and not by trying again. */
  private Stream<Slot> retriable() {
    return slots.refused().stream()
        .filter(s -> !Retry.isHopeless(s.trouble.refusal.errno()))
        .filter(s -> s.desired == null || !s.isConflict());
  }
}
