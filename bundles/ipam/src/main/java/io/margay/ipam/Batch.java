// SPDX-License-Identifier: Apache-2.0
package io.margay.ipam;

import io.margay.api.net.Cidr;
import io.margay.api.resource.IpamBlock;
import io.margay.api.store.Outcome;
import io.margay.api.store.Revision;
import io.margay.api.store.Store;
import io.margay.api.store.StoreException;
import io.margay.api.store.Write;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;

/**
 * The writes of many requests as one write of the store: a block that a hundred requests take
 * addresses of is written once.
 *
 * <p>The order makes every prefix harmless: handles that gain addresses, then blocks, then handles
 * that lost theirs, then further documents. A crash in between leaves counts of a handle too high,
 * never an address that no handle leads to.
 */
final class Batch {
  /** A write, and who wants to know what became of it. */
  private record Step(Write write, Consumer<Revision> written, Runnable conflict) {}

  /** A block as this batch will write it, and who waits for that. */
  private static final class Change {
    private final Held<IpamBlock> before;
    private IpamBlock after;
    private final List<Runnable> written = new ArrayList<>();

    Change(Held<IpamBlock> before) {
      this.before = before;
      this.after = before.value();
    }
  }

  private final Blocks blocks;
  private final List<Step> first = new ArrayList<>();
  private final Map<Cidr, Change> changes = new TreeMap<>();
  private final List<Step> last = new ArrayList<>();

  Batch(Blocks blocks) {
    this.blocks = blocks;
  }

  /** The block with the changes of this batch so far. */
  Optional<IpamBlock> block(Cidr cidr) throws StoreException {
    Change change = changes.get(cidr);
    if (change == null) {
      Optional<Held<IpamBlock>> held = blocks.get(cidr);
      if (held.isEmpty()) {
        return Optional.empty();
      }
      // From here on the batch stays with this state, whatever the watch brings meanwhile.
      change = new Change(held.get());
      changes.put(cidr, change);
    }
    return Optional.of(change.after);
  }

  /**
   * Changes a block that {@link #block} has returned.
   *
   * @param written runs once the store has the change; never when it lost a race
   */
  void change(Cidr cidr, UnaryOperator<IpamBlock> edit, Runnable written) {
    Change change = changes.get(cidr);
    change.after = edit.apply(change.after);
    change.written.add(written);
  }

  /** Adds a write that comes before those of the blocks. */
  void before(Write write, Consumer<Revision> written, Runnable conflict) {
    first.add(new Step(write, written, conflict));
  }

  /** Adds a write that comes after those of the blocks. */
  void after(Write write, Consumer<Revision> written, Runnable conflict) {
    last.add(new Step(write, written, conflict));
  }

  /** Writes everything up to the first conflict, and tells those concerned. */
  void write(Store store) throws StoreException {
    List<Step> steps = new ArrayList<>(first);
    changes.values().stream().filter(c -> !c.written.isEmpty()).map(this::step).forEach(steps::add);
    steps.addAll(last);
    if (steps.isEmpty()) {
      return;
    }
    List<Outcome> outcomes = store.write(steps.stream().map(Step::write).toList());
    for (int i = 0; i < steps.size(); i++) {
      Outcome outcome = outcomes.get(i);
      if (outcome.isWritten()) {
        steps.get(i).written().accept(outcome.revision());
      } else if (outcome.status() == Outcome.Status.CONFLICT) {
        steps.get(i).conflict().run();
      }
    }
  }

  private Step step(Change change) {
    Cidr cidr = change.before.value().cidr();
    // A block that is nobody's is kept only for the addresses still held in it.
    boolean isDone = change.after.isEmpty() && change.after.affinity().isEmpty();
    Write write =
        isDone
            ? Write.delete(change.after.key(), change.before.unchanged())
            : Write.put(change.after.key(), change.after.toJson(), change.before.unchanged());
    Consumer<Revision> written =
        revision -> {
          if (isDone) {
            blocks.deleted(cidr, revision);
          } else {
            blocks.written(new Held<>(change.after, revision));
          }
          change.written.forEach(Runnable::run);
        };
    return new Step(write, written, () -> blocks.forget(cidr));
  }
}
