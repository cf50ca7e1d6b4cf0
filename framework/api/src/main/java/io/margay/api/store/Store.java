// SPDX-License-Identifier: Apache-2.0
package io.margay.api.store;

import java.util.List;
import java.util.Optional;
import org.osgi.annotation.versioning.ProviderType;

/**
 * Versioned JSON documents. One document is the unit of atomicity, because Kubernetes offers no
 * more; an acknowledged write is durable.
 *
 * <p>All methods may be called on any thread and block, at most for the deadline of the
 * implementation's configuration; then they throw {@link StoreException}.
 */
@ProviderType
public interface Store {
  /** The document, or empty. */
  Optional<Entry> get(Key key) throws StoreException;

  /** All documents of a kind; empty when there are none. */
  Listing list(String kind) throws StoreException;

  /**
   * Creates or replaces a document.
   *
   * @throws ConflictException the document was not as expected; nothing was written
   */
  default Revision put(Key key, byte[] json, Expected expected) throws StoreException {
    return single(Write.put(key, json, expected));
  }

  /**
   * Deletes a document. One that is absent already counts as deleted, unless a revision was
   * expected.
   *
   * @throws ConflictException the document was not as expected; nothing was deleted
   */
  default void delete(Key key, Expected expected) throws StoreException {
    single(Write.delete(key, expected));
  }

  /**
   * Performs writes in order and stops at the first conflict. Any prefix may survive a crash; where
   * the engine can, the writes before the conflict share one commit.
   *
   * @return one outcome per write, in order
   */
  List<Outcome> write(List<Write> writes) throws StoreException;

  /**
   * Watches a kind: a {@link Watcher.Reset} first, then every change in revision order. Returns at
   * once; events come on a thread of the store. Also while the store cannot be read: then {@link
   * Watcher.Lost} comes first.
   */
  Watch watch(String kind, Filter filter, Watcher watcher);

  private Revision single(Write write) throws StoreException {
    Outcome outcome = write(List.of(write)).get(0);
    if (!outcome.isWritten()) {
      throw new ConflictException(write.key(), write.expected(), outcome.revision());
    }
    return outcome.revision();
  }
}
