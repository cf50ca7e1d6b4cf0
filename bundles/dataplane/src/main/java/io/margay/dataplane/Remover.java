// SPDX-License-Identifier: Apache-2.0
package io.margay.dataplane;

import io.margay.api.dataplane.Change;
import io.margay.api.dataplane.DataplaneException;
import io.margay.api.dataplane.KernelObject.Kind;
import io.margay.api.dataplane.Link;
import io.margay.dataplane.Kernel.Refusal;
import io.margay.dataplane.Kernel.Verb;
import io.margay.dataplane.Kernel.Write;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Deletes what nobody declares any more. Links go in the background. */
final class Remover {
  private final Kernel kernel;
  private final Slots slots;
  private final Problems problems;
  private final Chronicle chronicle;
  private final Time time;
  private long deleted;

  Remover(Kernel kernel, Slots slots, Problems problems, Chronicle chronicle, Time time) {
    this.kernel = kernel;
    this.slots = slots;
    this.problems = problems;
    this.chronicle = chronicle;
    this.time = time;
  }

  /** Objects deleted so far. */
  long deleted() {
    return deleted;
  }

  /** Deletes these objects of one kind, as far as they are still doomed. */
  void delete(Kind kind, List<Slot> doomed) throws DataplaneException {
    List<Slot> batch = new ArrayList<>();
    for (Slot slot : doomed) {
      if (!slot.doomed || slot.deleting || slot.actual == null) {
        continue;
      }
      if (kind == Kind.LINK) {
        deleteLink(slot);
      } else {
        batch.add(slot);
      }
      if (batch.size() == Writer.BATCH) {
        delete(batch);
        batch.clear();
      }
    }
    delete(batch);
  }

  /** Deletes a link; when it is gone, what is declared under its name then is made. */
  void deleteLink(Slot slot) {
    slot.deleting = true;
    kernel.deleteLink(
        ((Link) slot.actual).name(),
        refusal -> {
          slot.deleting = false;
          finish(slot, refusal);
        });
  }

  private void delete(List<Slot> batch) throws DataplaneException {
    if (batch.isEmpty()) {
      return;
    }
    List<Write> writes = new ArrayList<>(batch.size());
    batch.forEach(s -> writes.add(new Write(Verb.DELETE, s.actual, s.owner, s.actual)));
    Map<Integer, Refusal> refusals = kernel.write(writes);
    for (int i = 0; i < batch.size(); i++) {
      finish(batch.get(i), Optional.ofNullable(refusals.get(i)));
    }
  }

  private void finish(Slot slot, Optional<Refusal> refusal) {
    if (refusal.isEmpty()) {
      deleted++;
      if (slot.actual != null) {
        chronicle.removed(slot);
      }
      slot.observeNothing();
      slots.clearRefusal(slot);
      if (slot.owner != null) {
        problems.ends(slot.owner, slot.key);
      }
    }
    if (slot.desired != null) {
      slots.touch(slot);
    } else if (refusal.isPresent()) {
      keepTrying(slot, refusal.get());
    } else {
      slot.owner = null;
      slots.prune(slot);
    }
  }

  private void keepTrying(Slot slot, Refusal refusal) {
    chronicle.refused(slot, refusal);
    slot.trouble().refusal = refusal;
    Retry.refused(slot.trouble, refusal.errno(), time.nanos());
    slots.refused().add(slot);
    if (slot.owner != null) {
      Optional<String> before = Optional.of(slot.actual.toString());
      Change what = new Change(Change.Action.REMOVE, before, Optional.empty());
      problems.stands(slot.owner, slot, what, refusal);
    }
  }
}
