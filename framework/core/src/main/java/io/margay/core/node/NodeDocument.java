// SPDX-License-Identifier: Apache-2.0
package io.margay.core.node;

import io.margay.api.resource.InvalidResourceException;
import io.margay.api.resource.Node;
import io.margay.api.store.ConflictException;
import io.margay.api.store.Entry;
import io.margay.api.store.Expected;
import io.margay.api.store.Key;
import io.margay.api.store.Store;
import io.margay.api.store.StoreException;
import io.margay.api.store.Write;
import java.util.List;
import java.util.Optional;

/** This node's resource, changed without losing what others write into it. Blocks. */
public final class NodeDocument {
  private static final int MAX_CONFLICTS = 20;

  /** A change of the resource. */
  @FunctionalInterface
  public interface Edit {
    Node apply(Node node) throws InvalidResourceException;
  }

  private final Store store;
  private final Key key;

  public NodeDocument(Store store, String node) {
    this.store = store;
    this.key = Key.of(Node.KIND, node);
  }

  /** The resource, if there is one. */
  public Optional<Node> read() throws StoreException, InvalidResourceException {
    Optional<Entry> found = store.get(key);
    return found.isPresent() ? Optional.of(Node.parse(found.get().json())) : Optional.empty();
  }

  /**
   * Writes a change, again while others write the same document. Nothing is written when it changes
   * nothing.
   *
   * @return whether it changed something
   * @throws StoreException also when there is no such Node
   */
  public boolean change(Edit edit) throws StoreException, InvalidResourceException {
    for (int tries = 1; ; tries++) {
      Optional<Write> write = write(edit);
      try {
        if (write.isPresent()) {
          store.put(key, write.get().json().orElseThrow(), write.get().expected());
        }
        return write.isPresent();
      } catch (ConflictException e) {
        if (tries == MAX_CONFLICTS) {
          throw e;
        }
      }
    }
  }

  /**
   * A change as a write that goes along with others; none when it changes nothing.
   *
   * @throws IllegalStateException the Node cannot be read
   */
  public List<Write> writes(Edit edit) {
    try {
      return write(edit).map(List::of).orElse(List.of());
    } catch (StoreException | InvalidResourceException e) {
      throw new IllegalStateException(e.getMessage(), e);
    }
  }

  private Optional<Write> write(Edit edit) throws StoreException, InvalidResourceException {
    Entry found =
        store.get(key).orElseThrow(() -> new StoreException(key + " is not in the store"));
    Node before = Node.parse(found.json());
    Node after = edit.apply(before);
    return after.equals(before)
        ? Optional.empty()
        : Optional.of(Write.put(key, after.toJson(), Expected.at(found.revision())));
  }
}
