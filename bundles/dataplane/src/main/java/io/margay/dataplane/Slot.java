// SPDX-License-Identifier: Apache-2.0
package io.margay.dataplane;

import io.margay.api.dataplane.Cause;
import io.margay.api.dataplane.Change;
import io.margay.api.dataplane.KernelObject;
import io.margay.api.dataplane.KernelObject.Kind;
import io.margay.api.dataplane.Owner;

/**
 * All that is known about one key: what is declared, and what the kernel holds.
 *
 * <p>A hundred thousand of these exist on a large node, so what only troubled ones need is in
 * {@link Trouble}.
 */
final class Slot {
  final Object key;
  final Kind kind;
  private final LinkIndex index;

  /** Who holds the key; stays while an object is being removed. Null: nobody. */
  Owner owner;

  /** What the owner declares; null: nothing. Written here alone, for the index. */
  KernelObject desired;

  /** What the kernel holds; null: nothing. Written here alone, for the index. */
  KernelObject actual;

  /** Where the index has it, null for nowhere, and the neighbours there. */
  LinkIndex.Members members;

  Slot next;
  Slot previous;

  /** Whether {@code actual} satisfies {@code desired}. */
  boolean satisfied;

  /** Whether {@code actual} carries our mark. */
  boolean ours;

  /** Whether the declared object was in the kernel: what changes it from then on is drift. */
  boolean held;

  /** Nobody declares it any more: to be deleted. */
  boolean doomed;

  /** A link that is being deleted in the background. */
  boolean deleting;

  /** Queued for writing. */
  boolean queued;

  /** Why it is to be written; null once it was. What is written then repairs. */
  Cause cause;

  /** The read that saw {@code actual}. */
  int generation;

  /** Null for all that goes well. */
  Trouble trouble;

  /** What is remembered of an object that was refused or that somebody changed. */
  static final class Trouble {
    /** Why it is not in the kernel; null when it is, or when that is not known yet. */
    Kernel.Refusal refusal;

    /** Refusals in a row. */
    int attempts;

    /** When to try again; {@link Long#MAX_VALUE} for never by time. */
    long dueNanos;

    /** A foreign change that is not repaired yet; null: none. */
    Change drift;

    /** Repairs at short intervals, and when the last one was. */
    int repairs;

    long repairedNanos;

    /**
     * What the kernel made of our write, when that is not what was declared; null: no such thing.
     */
    KernelObject accepted;

    /** Forgets what belongs to one declaration of the object. */
    void reset() {
      attempts = 0;
      accepted = null;
      drift = null;
    }
  }

  Slot(Kind kind, Object key, LinkIndex index) {
    this.kind = kind;
    this.key = key;
    this.index = index;
  }

  Trouble trouble() {
    if (trouble == null) {
      trouble = new Trouble();
    }
    return trouble;
  }

  boolean isRefused() {
    return trouble != null && trouble.refusal != null;
  }

  /** Whether the kernel holds what is declared. */
  boolean inSync() {
    return satisfied && (ours || Match.isAdoptable(kind) || Match.isExternal(desired));
  }

  /** Whether a foreign object has our key, and it is not one that took our object's place. */
  boolean isConflict() {
    return actual != null
        && !ours
        && !held
        && !Match.isAdoptable(kind)
        && !Match.isSpare(desired, actual);
  }

  /** Records what the kernel holds now. */
  void observe(KernelObject object, boolean isOurs) {
    boolean accepted = trouble != null && object.equals(trouble.accepted);
    satisfied = desired != null && (accepted || Match.satisfies(desired, owner, object));
    // One instance is enough for both, except that a link in the kernel knows its alias.
    actual = satisfied && kind != Kind.LINK ? desired : object;
    ours = isOurs;
    held |= inSync();
    index.update(this);
  }

  void observeNothing() {
    actual = null;
    satisfied = false;
    ours = false;
    index.update(this);
  }

  /** Records that the kernel has taken what is declared. */
  void written() {
    boolean moved = actual != null;
    actual = desired;
    satisfied = true;
    ours = true;
    held = true;
    cause = null;
    if (moved) {
      index.update(this);
    }
  }

  /** Changes what is declared; what the kernel holds is compared anew. */
  void desire(Owner newOwner, KernelObject object) {
    owner = newOwner;
    desired = object;
    doomed = false;
    if (actual != null) {
      observe(actual, ours);
    } else {
      index.update(this);
    }
  }

  /** Nothing is declared any more. */
  void abandon() {
    desired = null;
    satisfied = false;
    held = false;
    index.update(this);
  }

  /** Nothing declared, nothing of ours in the kernel: not worth remembering. */
  boolean isEmpty() {
    return desired == null && !deleting && (actual == null || !ours);
  }

  @Override
  public String toString() {
    return desired != null ? desired.toString() : actual != null ? actual.toString() : "" + key;
  }
}
