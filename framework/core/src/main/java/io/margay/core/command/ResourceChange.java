// SPDX-License-Identifier: Apache-2.0
package io.margay.core.command;

import io.margay.api.console.CommandException;
import io.margay.api.resource.InvalidResourceException;
import io.margay.api.resource.Resource;
import io.margay.api.store.ConflictException;
import io.margay.api.store.Entry;
import io.margay.api.store.Expected;
import io.margay.api.store.Key;
import io.margay.api.store.Store;
import io.margay.api.store.StoreException;
import io.margay.core.view.OperatorStore;
import java.util.List;
import java.util.function.UnaryOperator;

/**
 * Changes one resource of a kind by compare-and-set.
 *
 * @param <R> the kind's class
 */
final class ResourceChange<R extends Resource> {
  private static final int MAX_CONFLICTS = 20;

  private final Store store;
  private final String kind;
  private final StoredResources.Parser<R> parser;

  ResourceChange(Store store, String kind, StoredResources.Parser<R> parser) {
    this.store = new OperatorStore(store);
    this.kind = kind;
    this.parser = parser;
  }

  /** Names of the resources, for completion. */
  List<String> names() {
    try {
      return store.list(kind).entries().stream().map(e -> e.key().name()).toList();
    } catch (StoreException e) {
      return List.of(); // Nothing to offer; the command itself will say why.
    }
  }

  /**
   * Reads a resource, changes it and writes it, again when somebody else was faster.
   *
   * @return what is stored now
   */
  R change(String name, UnaryOperator<R> change) throws CommandException {
    Key key = Key.of(kind, name);
    try {
      for (int tries = 1; ; tries++) {
        Entry entry =
            store
                .get(key)
                .orElseThrow(
                    () -> new CommandException("there is no " + key + "; there are " + known()));
        R before = parser.parse(entry.json());
        R after = change.apply(before);
        try {
          if (!after.equals(before)) {
            store.put(key, after.toJson(), Expected.at(entry.revision()));
          }
          return after;
        } catch (ConflictException e) {
          if (tries == MAX_CONFLICTS) {
            throw e;
          }
        }
      }
    } catch (IllegalArgumentException e) {
      throw new CommandException(e.getMessage(), e);
    } catch (StoreException | InvalidResourceException e) {
      throw new CommandException(key + ": " + e.getMessage(), e);
    }
  }

  private String known() {
    List<String> names = names();
    return names.isEmpty() ? "none" : String.join(", ", names);
  }
}
