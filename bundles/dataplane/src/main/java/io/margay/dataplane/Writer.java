// SPDX-License-Identifier: Apache-2.0
package io.margay.dataplane;

import io.margay.api.dataplane.Change;
import io.margay.api.dataplane.DataplaneException;
import io.margay.api.dataplane.KernelObject.Kind;
import io.margay.api.dataplane.Link;
import io.margay.api.dataplane.NftElement;
import io.margay.api.dataplane.NftTable;
import io.margay.dataplane.Kernel.Refusal;
import io.margay.dataplane.Kernel.Verb;
import io.margay.dataplane.Kernel.Write;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings queued slots into the declared state: creates and changes in the order of kinds, then
 * deletes in reverse, so that no packet meets a gap that is not needed.
 *
 * <p>A key that we hold is written with REPLACE. One that we do not hold is written with ADD, which
 * the kernel refuses when the key is taken: so a foreign object is never overwritten unseen.
 */
final class Writer {
  private static final Logger LOG = LoggerFactory.getLogger(Writer.class);

  /** Objects that are handed to the kernel at a time. */
  static final int BATCH = 1024;

  /** A link that cannot be changed in such a way is made anew. */
  private static final Set<String> UNCHANGEABLE = Set.of("EOPNOTSUPP", "ENOTSUPP", "EINVAL");

  private final Kernel kernel;
  private final Slots slots;
  private final Observer observer;
  private final Problems problems;
  private final Chronicle chronicle;
  private final Time time;
  private final boolean takeover;
  private final Obstacles obstacles;
  private final Remover remover;
  private long written;

  Writer(
      Kernel kernel,
      Slots slots,
      Observer observer,
      Problems problems,
      Chronicle chronicle,
      Time time,
      boolean takeover) {
    this.kernel = kernel;
    this.slots = slots;
    this.observer = observer;
    this.problems = problems;
    this.chronicle = chronicle;
    this.time = time;
    this.takeover = takeover;
    this.obstacles = new Obstacles(kernel, takeover);
    this.remover = new Remover(kernel, slots, problems, chronicle, time);
  }

  /** Objects created or changed so far. */
  long written() {
    return written;
  }

  /** Objects deleted so far. */
  long deleted() {
    return remover.deleted();
  }

  /** Writes all that is queued. */
  void run() throws DataplaneException {
    Kind[] kinds = Kind.values();
    List<List<Slot>> doomed = new ArrayList<>();
    for (Kind kind : kinds) {
      List<Slot> todo = slots.take(kind);
      doomed.add(todo.stream().filter(s -> s.doomed).toList());
      if (kind == Kind.NFT_TABLE) {
        writeTable(todo);
      } else if (!todo.isEmpty() && !waitsForTable(kind)) {
        upsert(kind, todo, true);
        if (kind == Kind.BPF_MAP) {
          observer.mapsWritten();
        }
      }
    }
    for (int i = kinds.length - 1; i >= 0; i--) {
      remover.delete(kinds[i], doomed.get(i));
    }
  }

  /** Writes a table together with what its sets hold, so that no packet meets an empty set. */
  private void writeTable(List<Slot> todo) throws DataplaneException {
    for (Slot slot : todo) {
      if (slot.desired == null || slot.inSync()) {
        continue;
      }
      List<Slot> elements =
          slots.of(Kind.NFT_ELEMENT).stream()
              .filter(e -> e.desired != null || e.actual != null && !e.doomed)
              .toList();
      Optional<Refusal> refusal =
          kernel.writeTable(
              (NftTable) slot.desired,
              elements.stream()
                  .map(e -> (NftElement) (e.desired == null ? e.actual : e.desired))
                  .toList());
      if (refusal.isPresent()) {
        refuse(slot, refusal.get());
      } else {
        elements.stream()
            .filter(e -> e.desired != null && e.actual == null)
            .forEach(e -> chronicle.written(e, null));
        chronicle.written(slot, slot.actual);
        done(slot);
        observer.read(Kind.NFT_ELEMENT);
      }
    }
  }

  /** Elements come with their table: until it is there, it alone is refused or not. */
  private boolean waitsForTable(Kind kind) {
    return kind == Kind.NFT_ELEMENT
        && slots.of(Kind.NFT_TABLE).stream().allMatch(table -> table.actual == null);
  }

  private void upsert(Kind kind, List<Slot> todo, boolean first) throws DataplaneException {
    List<Slot> clashes = new ArrayList<>();
    List<Slot> batch = new ArrayList<>();
    List<Slot> readBack = new ArrayList<>();
    Set<String> lookedAt = new HashSet<>();
    for (Slot slot : todo) {
      if (slot.desired == null || slot.deleting || slot.inSync()) {
        continue;
      }
      Refusal obstacle = obstacles.find(slot, lookedAt);
      if (obstacle != null) {
        refuse(slot, obstacle);
      } else if (mustRecreate(slot)) {
        remover.deleteLink(slot);
      } else if (first && Match.isExternal(slot.desired)) {
        clashes.add(slot); // There, but not looked at yet.
      } else {
        batch.add(slot);
      }
      if (batch.size() == BATCH) {
        write(batch, clashes, readBack, first);
        batch.clear();
      }
    }
    write(batch, clashes, readBack, first);
    readBack(kind, readBack);
    if (!clashes.isEmpty()) {
      // The kernel knows more than we do: look, then try once more.
      if (clashes.stream().allMatch(slot -> Match.isExternal(slot.desired))) {
        observer.lookAtLinks(clashes);
      } else {
        observer.read(Kind.LINK);
        if (kind != Kind.LINK) {
          observer.read(kind);
        }
      }
      upsert(kind, clashes, false);
    }
  }

  private void write(List<Slot> batch, List<Slot> clashes, List<Slot> readBack, boolean first)
      throws DataplaneException {
    if (batch.isEmpty()) {
      return;
    }
    List<Write> writes = new ArrayList<>(batch.size());
    for (Slot slot : batch) {
      Verb verb = slot.actual == null ? Verb.ADD : Verb.REPLACE;
      writes.add(new Write(verb, slot.desired, slot.owner, slot.actual));
    }
    Map<Integer, Refusal> refusals = kernel.write(writes);
    for (int i = 0; i < batch.size(); i++) {
      Slot slot = batch.get(i);
      Refusal refusal = refusals.isEmpty() ? null : refusals.get(i);
      if (refusal == null) {
        chronicle.written(slot, writes.get(i).before());
        done(slot);
        if (slot.kind == Kind.LINK || slot.kind == Kind.SYSCTL) {
          readBack.add(slot);
        }
      } else if (refusal.errno().equals("EEXIST") && Match.isAdoptable(slot.kind)) {
        done(slot);
      } else if (first && isClash(slot, refusal)) {
        clashes.add(slot);
      } else if (isUnchangeable(slot, refusal)) {
        remover.deleteLink(slot);
      } else {
        refuse(slot, refusal);
      }
    }
  }

  private static boolean isClash(Slot slot, Refusal refusal) {
    boolean unseen = slot.actual == null && refusal.errno().equals("EEXIST");
    // An index that we know for the link's name is no longer true.
    return unseen || refusal.errno().equals("ENODEV");
  }

  private void done(Slot slot) {
    written++;
    slot.written();
    if (slot.trouble != null) {
      settle(slot);
    }
  }

  private void settle(Slot slot) {
    Slot.Trouble trouble = slot.trouble;
    if (trouble.refusal != null) {
      problems.ends(slot.owner, slot.key);
      slots.clearRefusal(slot);
      trouble.attempts = 0;
    }
    if (trouble.drift != null) {
      problems.repaired(slot.owner, trouble.drift);
      trouble.drift = null;
      Retry.repaired(trouble, time.nanos());
    }
  }

  /**
   * Reads what was written: a new link has an index now, and what the kernel makes of a value that
   * it cannot keep as declared is accepted, lest we write it for ever.
   */
  private void readBack(Kind kind, List<Slot> writtenSlots) throws DataplaneException {
    if (writtenSlots.isEmpty()) {
      return;
    }
    writtenSlots.forEach(slot -> slot.satisfied = false);
    if (kind == Kind.SYSCTL) {
      observer.look(writtenSlots, true);
    } else {
      observer.read(kind);
    }
    for (Slot slot : writtenSlots) {
      if (slot.actual != null && !slot.inSync()) {
        String found = Match.text(slot.actual, slot.desired);
        LOG.warn("Kernel keeps another value desired=\"{}\" actual=\"{}\"", slot, found);
        slot.trouble().accepted = slot.actual;
        slot.observe(slot.actual, true);
      }
    }
  }

  private void refuse(Slot slot, Refusal refusal) {
    chronicle.refused(slot, refusal);
    Slot.Trouble trouble = slot.trouble();
    trouble.refusal = refusal;
    Retry.refused(trouble, refusal.errno(), time.nanos());
    slots.refused().add(slot);
    Change.Action action =
        slot.isConflict()
            ? Change.Action.CONFLICT
            : slot.actual == null ? Change.Action.ADD : Change.Action.REPLACE;
    Optional<String> before =
        Optional.ofNullable(slot.actual).map(found -> Match.text(found, slot.desired));
    Change what = new Change(action, before, Optional.of(slot.desired));
    problems.stands(slot.owner, slot, what, refusal);
  }

  /** A link of another type, or over another parent, cannot be changed into this one. */
  private boolean mustRecreate(Slot slot) {
    return slot.desired instanceof Link wanted
        && slot.actual instanceof Link found
        && (slot.ours || takeover)
        && !(wanted.type().equals(found.type()) && Match.sameParent(wanted, found));
  }

  private boolean isUnchangeable(Slot slot, Refusal refusal) {
    return slot.desired instanceof Link wanted
        && slot.actual instanceof Link found
        && (slot.ours || takeover)
        && !Match.isFallback(found.name()) // Which would be back at once, as it was.
        && UNCHANGEABLE.contains(refusal.errno())
        && !Match.missing(wanted.info(), found.info()).isEmpty();
  }
}
