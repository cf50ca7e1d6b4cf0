// SPDX-License-Identifier: Apache-2.0
package io.margay.ipam;

import io.margay.api.net.Cidr;
import io.margay.api.store.StoreException;
import io.margay.api.store.Write;
import java.util.List;
import java.util.Optional;

/** Something about a block as a whole, done between the batches of the worker's thread. */
final class BlockJob extends Job<Boolean> {
  /** What is done. */
  interface Step {
    /** Tells whether it was done; not so when somebody else was faster. */
    boolean run(Finder finder) throws StoreException;
  }

  private final Finder finder;
  private final Step step;

  BlockJob(Cidr block, Finder finder, Step step) {
    super("block " + block);
    this.finder = finder;
    this.step = step;
  }

  @Override
  void join(Batch batch) throws StoreException {
    complete(step.run(finder));
  }

  @Override
  void settle() {}

  @Override
  List<Write> computeFurther() {
    return List.of();
  }

  @Override
  Optional<Job<?>> undo() {
    return Optional.empty();
  }
}
