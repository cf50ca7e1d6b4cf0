// SPDX-License-Identifier: Apache-2.0
package io.margay.dataplane;

import io.margay.api.dataplane.Cause;
import io.margay.api.dataplane.Change;
import io.margay.api.dataplane.DesiredState;
import io.margay.api.dataplane.KernelObject;
import io.margay.api.dataplane.KernelObject.Kind;
import io.margay.api.dataplane.Owner;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * What the owners declare, and who holds each key: the first who declared it. When the holder lets
 * go, the next in line gets the key as it is in the kernel, so nothing is deleted in between.
 */
final class Intent {
  private final Slots slots;
  private final Problems problems;
  private final Chronicle chronicle;
  private final Map<Owner, DesiredState> declared = new HashMap<>();

  /** Owners that want a key which another one holds, in the order of asking. */
  private final Map<Object, List<Owner>> waiting = new HashMap<>();

  /** Of the call that is served. */
  private Cause cause;

  /** What the last sweep was to keep; before the first, everything. */
  private Predicate<KernelObject> kept = object -> true;

  Intent(Slots slots, Problems problems, Chronicle chronicle) {
    this.slots = slots;
    this.problems = problems;
    this.chronicle = chronicle;
  }

  /** Returns whether the owner is new. */
  boolean declare(Owner owner, DesiredState next, Cause why) {
    cause = why;
    chronicle.declared(owner, why);
    DesiredState before = declared.put(owner, next);
    next.byKey().forEach((key, object) -> claim(owner, key, object));
    release(owner, before, next);
    return before == null;
  }

  void retire(Owner owner, Cause why) {
    cause = chronicle.retired(owner, why);
    release(owner, declared.remove(owner), DesiredState.EMPTY);
  }

  /** Dooms everything of ours that nobody declares. */
  int sweep(Predicate<KernelObject> keep, Cause why) {
    cause = why;
    kept = keep;
    List<Slot> orphans =
        slots
            .all()
            .filter(s -> s.desired == null && s.actual != null && s.ours && !s.doomed)
            .filter(s -> !keep.test(s.actual))
            .toList();
    orphans.forEach(this::doom);
    return orphans.size();
  }

  /** Dooms entries of BPF maps that somebody has put in since the last sweep. */
  void sweepEntries() {
    cause = null;
    slots.of(Kind.BPF_MAP_ENTRY).stream()
        .filter(s -> s.desired == null && s.actual != null && !s.doomed && !kept.test(s.actual))
        .forEach(this::doom);
  }

  DesiredState declared(Owner owner) {
    return declared.getOrDefault(owner, DesiredState.EMPTY);
  }

  /** Whether another owner would take the key over. */
  boolean isAwaited(Object key) {
    return waiting.containsKey(key);
  }

  private void claim(Owner owner, Object key, KernelObject object) {
    Slot slot = slots.getOrCreate(object.kind(), key);
    if (slot.desired == null || slot.owner.equals(owner)) {
      give(slot, owner, object);
      return;
    }
    List<Owner> line = waiting.computeIfAbsent(key, k -> new ArrayList<>(1));
    if (!line.contains(owner)) {
      line.add(owner);
    }
    String text = object + ": EEXIST (declared by " + slot.owner + ")";
    Optional<String> theirs = Optional.of(slot.desired + " of " + slot.owner);
    Change what = new Change(Change.Action.CONFLICT, theirs, Optional.of(object));
    problems.stands(owner, slot, what, new Kernel.Refusal("EEXIST", text));
  }

  private void give(Slot slot, Owner owner, KernelObject object) {
    boolean changed = !object.equals(slot.desired) || !owner.equals(slot.owner);
    slot.desire(owner, object);
    if (!changed) {
      return;
    }
    slot.cause = slot.inSync() ? null : cause;
    if (slot.trouble != null) {
      problems.ends(owner, slot.key);
      slots.clearRefusal(slot);
      slot.trouble.reset();
    }
    if (!slot.inSync()) {
      slots.touch(slot);
    }
  }

  private void release(Owner owner, DesiredState before, DesiredState next) {
    if (before == null) {
      return;
    }
    before
        .byKey()
        .forEach(
            (key, object) -> {
              if (!next.byKey().containsKey(key)) {
                release(owner, slots.get(object.kind(), key));
              }
            });
  }

  private void release(Owner owner, Slot slot) {
    problems.ends(owner, slot.key);
    List<Owner> line = waiting.get(slot.key);
    if (!slot.owner.equals(owner)) {
      line.remove(owner);
    } else if (line != null) {
      Owner heir = line.remove(0);
      problems.ends(heir, slot.key);
      give(slot, heir, declared.get(heir).byKey().get(slot.key));
    } else {
      abandon(slot);
    }
    if (line != null && line.isEmpty()) {
      waiting.remove(slot.key);
    }
  }

  private void abandon(Slot slot) {
    slots.clearRefusal(slot);
    boolean external = Match.isExternal(slot.desired);
    slot.abandon();
    if (slot.trouble != null) {
      slot.trouble.reset();
    }
    if (slot.kind == Kind.SYSCTL) {
      slot.observeNothing();
    }
    if (slot.actual != null && slot.ours && !external) {
      doom(slot);
    } else {
      slot.owner = null;
      slots.prune(slot);
    }
  }

  private void doom(Slot slot) {
    slot.doomed = true;
    slot.cause = cause;
    slots.touch(slot);
  }
}
