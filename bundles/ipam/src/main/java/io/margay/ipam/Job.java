// SPDX-License-Identifier: Apache-2.0
package io.margay.ipam;

import io.margay.api.ipam.IpamException;
import io.margay.api.ipam.IpamException.Reason;
import io.margay.api.resource.InvalidResourceException;
import io.margay.api.resource.IpamHandle;
import io.margay.api.store.Entry;
import io.margay.api.store.Expected;
import io.margay.api.store.Key;
import io.margay.api.store.Revision;
import io.margay.api.store.Store;
import io.margay.api.store.StoreException;
import io.margay.api.store.Write;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/**
 * A request on its way through the worker: it joins batches until all that it wants is written.
 *
 * @param <T> its result
 */
abstract class Job<T> {
  private static final int MAX_TRIES = 10;

  private final String handleId;
  private final CompletableFuture<T> result = new CompletableFuture<>();

  // The further documents that the caller wants written, and how far we have come.
  private Optional<List<Write>> further = Optional.empty();
  private int furtherWritten;
  private int furtherConflicts;

  Job(String handleId) {
    this.handleId = handleId;
  }

  final String handleId() {
    return handleId;
  }

  final CompletableFuture<T> result() {
    return result;
  }

  final boolean isDone() {
    return result.isDone();
  }

  final void fail(IpamException e) {
    result.completeExceptionally(e);
  }

  /**
   * Adds to the batch what is still to be written; nothing of it when it throws.
   *
   * @throws IpamException when it cannot be served; the worker then fails it
   */
  abstract void join(Batch batch) throws IpamException, StoreException;

  /** Completes the result once everything is written. Called after each batch. */
  abstract void settle();

  /** What must be taken back after a failure, as a job for the worker; or empty. */
  abstract Optional<Job<?>> undo();

  /** Computes the further documents; called again after a conflict. */
  abstract List<Write> computeFurther();

  final void complete(T value) {
    result.complete(value);
  }

  /** Makes sure that the further documents are computed. */
  final void prepareFurther() throws IpamException {
    if (furtherConflicts > MAX_TRIES) {
      throw new IpamException(
          Reason.CONTENTION, handleId + ": others changed a document that is written along");
    }
    if (further.isPresent()) {
      return;
    }
    try {
      further = Optional.of(List.copyOf(computeFurther()));
      furtherWritten = 0;
    } catch (RuntimeException e) {
      // The caller's function failed: that must not hurt the others of the batch.
      throw new IpamException(
          Reason.STORE, handleId + ": the documents to write along: " + e.getMessage(), e);
    }
  }

  /** Adds the further documents that are not written yet. */
  final void joinFurther(Batch batch) {
    List<Write> writes = further.orElseThrow();
    for (Write write : writes.subList(furtherWritten, writes.size())) {
      batch.after(write, revision -> furtherWritten++, this::furtherConflict);
    }
  }

  /** Whether all further documents are written. */
  final boolean isFurtherWritten() {
    return further.isPresent() && furtherWritten == further.get().size();
  }

  /** Has the further documents computed again, because what they depend on has changed. */
  final void forgetFurther() {
    further = Optional.empty();
  }

  private void furtherConflict() {
    furtherConflicts++;
    forgetFurther();
  }

  static Key handleKey(String handleId) {
    return Key.of(IpamHandle.KIND, IpamHandle.nameOf(handleId));
  }

  /** The handle as the store has it; one that is absent holds nothing at {@link Revision#NONE}. */
  final Held<IpamHandle> readHandle(Store store) throws IpamException, StoreException {
    Optional<Entry> entry = store.get(handleKey(handleId));
    if (entry.isEmpty()) {
      return new Held<>(IpamHandle.of(handleId), Revision.NONE);
    }
    try {
      IpamHandle handle = IpamHandle.parse(entry.get().json());
      if (!handle.handleId().equals(handleId)) {
        throw new IpamException(
            Reason.ADDRESS_UNAVAILABLE,
            handleId + ": the document of this handle belongs to " + handle.handleId());
      }
      IpamHandle current = handle.deleted() ? IpamHandle.of(handleId) : handle;
      return new Held<>(current, entry.get().revision());
    } catch (InvalidResourceException e) {
      throw new StoreException(entry.get().key() + " cannot be used: " + e.getMessage(), e);
    }
  }

  static Write put(Held<IpamHandle> before, IpamHandle after) {
    return Write.put(after.key(), after.toJson(), Expected.at(before.revision()));
  }
}
