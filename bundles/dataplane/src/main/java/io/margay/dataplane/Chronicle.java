// SPDX-License-Identifier: Apache-2.0
package io.margay.dataplane;

import io.margay.api.dataplane.Cause;
import io.margay.api.dataplane.JournalRecord.Action;
import io.margay.api.dataplane.KernelObject;
import io.margay.api.dataplane.Owner;
import io.margay.dataplane.Kernel.Refusal;
import io.margay.dataplane.journal.Recorder;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Tells the journal what happens to slots, and why: what was asked for is the cause of the first
 * write after it; what is written later repairs. Belongs to the kernel thread.
 */
final class Chronicle {
  private static final Cause DRIFT = new Cause(Cause.Kind.REPAIR, "somebody else had changed it");
  private static final Cause LOST = new Cause(Cause.Kind.REPAIR, "the kernel had lost it");
  private static final Cause UNWANTED = new Cause(Cause.Kind.REPAIR, "nobody wants it");
  private static final Cause OTHERS = new Cause(Cause.Kind.FOREIGN, "somebody else did it");
  private static final Cause WITH_LINK =
      new Cause(Cause.Kind.KERNEL, "it went with its link, address or table");

  private final Recorder recorder;

  /** The pods of workloads, as far as somebody has told. */
  private final Map<Owner, Optional<String>> pods = new HashMap<>();

  Chronicle(Recorder recorder) {
    this.recorder = recorder;
  }

  /** What an owner declares is about this pod. */
  void declared(Owner owner, Cause cause) {
    if (cause.pod().isPresent()) {
      pods.put(owner, cause.pod());
    }
  }

  /** The owner wants nothing any more; its objects carry the pod in their cause. */
  Cause retired(Owner owner, Cause cause) {
    Optional<String> pod = pods.remove(owner);
    return cause.pod().isPresent() || pod == null ? cause : cause.withPod(pod);
  }

  /** The kernel has taken what is declared; to be called before the slot is told. */
  void written(Slot slot, KernelObject before) {
    Action action = before == null ? Action.ADD : Action.REPLACE;
    tell(action, slot, slot.desired, before, cause(slot), null);
  }

  /** The kernel has refused it. The same refusal again is no news. */
  void refused(Slot slot, Refusal refusal) {
    boolean isNews = !slot.isRefused() || !slot.trouble.refusal.errno().equals(refusal.errno());
    if (isNews && slot.desired != null) {
      Action action = slot.actual == null ? Action.ADD : Action.REPLACE;
      tell(action, slot, slot.desired, slot.actual, cause(slot), refusal.errno());
    } else if (isNews) {
      tell(Action.REMOVE, slot, slot.actual, null, cause(slot), refusal.errno());
    }
  }

  /** It was deleted; to be called before the slot is told. */
  void removed(Slot slot) {
    tell(Action.REMOVE, slot, slot.actual, null, slot.cause == null ? UNWANTED : cause(slot), null);
  }

  /**
   * The kernel no longer holds what it did.
   *
   * @param before what it held
   * @param isConsequence of something else that happened there
   */
  void found(Slot slot, KernelObject before, boolean isConsequence) {
    Cause cause = isConsequence ? WITH_LINK : OTHERS;
    if (slot.actual != null) {
      String now = Match.text(slot.actual, before);
      recorder.record(Action.REPLACE, slot.owner, now, before, of(slot, cause), null);
    } else {
      tell(Action.REMOVE, slot, before, null, slot.doomed ? cause(slot) : cause, null);
    }
  }

  private Cause cause(Slot slot) {
    if (slot.cause != null) {
      return slot.cause;
    }
    return slot.trouble != null && slot.trouble.drift != null ? DRIFT : LOST;
  }

  private Cause of(Slot slot, Cause cause) {
    Optional<String> pod = slot.owner == null ? null : pods.get(slot.owner);
    return pod == null || cause.pod().isPresent() ? cause : cause.withPod(pod);
  }

  private void tell(
      Action action,
      Slot slot,
      KernelObject object,
      KernelObject before,
      Cause cause,
      String errno) {
    recorder.record(action, slot.owner, object, before, of(slot, cause), errno);
  }
}
