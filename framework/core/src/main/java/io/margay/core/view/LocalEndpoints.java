// SPDX-License-Identifier: Apache-2.0
package io.margay.core.view;

import io.margay.api.store.Watcher;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * The endpoints of this node that are to be in the kernel. Confined to the agent thread.
 *
 * <p>Two sources tell of them: the CNI server at once, the watch of the store later. What the CNI
 * server said holds until the watch has caught up: an endpoint that was wired and has not been seen
 * yet stays, one that was unwired and is still to be seen is gone. When a handle comes back while
 * the end of its first life is still on its way, that deletion is the first one's.
 */
public final class LocalEndpoints {
  /**
   * What the CNI server said and the watch has not confirmed.
   *
   * @param wired empty when unwired
   * @param awaitsDeletion whether the watch still has to tell the end of an earlier life
   */
  private record Ahead(Optional<EndpointEntry> wired, boolean awaitsDeletion) {}

  private final Documents<EndpointEntry> documents;
  private final Map<String, Ahead> ahead = new HashMap<>();

  public LocalEndpoints(Documents<EndpointEntry> documents) {
    this.documents = documents;
  }

  /** An endpoint has its link; its document was written. */
  public void wired(EndpointEntry endpoint) {
    String handle = endpoint.handle();
    Ahead before = ahead.get(handle);
    ahead.put(handle, new Ahead(Optional.of(endpoint), before != null && before.awaitsDeletion()));
    confirm();
  }

  /** An endpoint goes; its document was or will be deleted. */
  public void unwired(String handle) {
    if (ahead.containsKey(handle) || seen().containsKey(handle)) {
      ahead.put(handle, new Ahead(Optional.empty(), true));
    }
  }

  /** Applies an event of the watch; tells whether {@link #current} may have changed. */
  public boolean apply(Watcher.Event event) {
    Set<String> before = seen().keySet();
    boolean changed = documents.apply(event);
    Set<String> gone = new HashSet<>(event instanceof Watcher.Reset ? ahead.keySet() : before);
    gone.removeAll(seen().keySet());
    if (!(event instanceof Watcher.Lost)) {
      gone.forEach(h -> ahead.computeIfPresent(h, (handle, told) -> deleted(told)));
      confirm();
    }
    return changed;
  }

  /** By handle, what is to be in the kernel now. */
  public Map<String, EndpointEntry> current() {
    Map<String, EndpointEntry> current = seen();
    ahead.forEach(
        (handle, told) -> {
          current.remove(handle);
          told.wired().ifPresent(e -> current.put(handle, e));
        });
    return current;
  }

  /** Returns null, which forgets the entry, when nothing is left to be told. */
  private static Ahead deleted(Ahead told) {
    return told.wired().isPresent() ? new Ahead(told.wired(), false) : null;
  }

  private void confirm() {
    Map<String, EndpointEntry> seen = seen();
    ahead
        .entrySet()
        .removeIf(
            e ->
                !e.getValue().awaitsDeletion()
                    && e.getValue().wired().equals(Optional.ofNullable(seen.get(e.getKey()))));
  }

  private Map<String, EndpointEntry> seen() {
    Map<String, EndpointEntry> seen = new TreeMap<>();
    documents.values().values().forEach(e -> seen.put(e.handle(), e));
    return seen;
  }
}
