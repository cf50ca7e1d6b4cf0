// SPDX-License-Identifier: Apache-2.0
package io.margay.core;

import io.margay.api.dataplane.Cause;
import io.margay.api.resource.IpPool;
import io.margay.api.store.Key;
import io.margay.api.store.Revision;
import io.margay.api.store.Watcher;
import io.margay.core.view.Mirror;
import io.margay.core.view.OperatorStore;
import io.margay.core.view.PoolMode;
import java.util.Optional;

/**
 * An event of the store as the cause of what follows.
 *
 * @param text kind, name and revision of the document
 * @param pool of an event about a pool, its name
 * @param by who wrote it by a command on this node, if that is known
 * @param before of such an event, the mode that the pool had
 */
record StoreEvent(
    String text, Optional<String> by, Optional<String> pool, Optional<PoolMode> before) {
  /** An event that the mirror has not applied yet. */
  static StoreEvent of(String kind, Watcher.Event event, Mirror mirror) {
    if (event instanceof Watcher.Put put) {
      Key key = put.entry().key();
      Optional<String> pool = kind.equals(IpPool.KIND) ? Optional.of(key.name()) : Optional.empty();
      return new StoreEvent(
          text(key, put.entry().revision(), ""),
          OperatorStore.takeWriter(key),
          pool,
          pool.flatMap(mirror::poolMode));
    }
    if (event instanceof Watcher.Deleted deleted) {
      return new StoreEvent(
          text(deleted.key(), deleted.revision(), " deleted"),
          OperatorStore.takeWriter(deleted.key()),
          Optional.empty(),
          Optional.empty());
    }
    return new StoreEvent(
        kind + " listed anew", Optional.empty(), Optional.empty(), Optional.empty());
  }

  /** To be called when the mirror has applied the event. */
  void addTo(Triggers triggers, Mirror mirror) {
    Optional<PoolMode> now = pool.flatMap(mirror::poolMode);
    if (before.isPresent() && now.isPresent() && !before.equals(now)) {
      String what = text + " " + before.get() + " to " + now.get() + byWhom();
      triggers.add(Cause.Kind.SWITCH, what);
      triggers.switches(
          pool.get(), before.get().name(), now.get().name(), new Cause(Cause.Kind.SWITCH, what));
    } else {
      triggers.add(by.isPresent() ? Cause.Kind.OPERATOR : Cause.Kind.STORE, text + byWhom());
    }
  }

  private String byWhom() {
    return by.map(who -> " by " + who).orElse("");
  }

  private static String text(Key key, Revision revision, String end) {
    String name = key.namespace().isEmpty() ? key.name() : key.namespace() + "/" + key.name();
    return key.kind() + "/" + name + "@" + revision.number() + end;
  }
}
