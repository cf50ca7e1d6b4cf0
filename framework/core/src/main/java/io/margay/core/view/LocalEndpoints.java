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
 * the ends of earlier lives are still on their way, the next deletions are theirs.
 */
public final class LocalEndpoints {
  /**
   * What the CNI server said and the watch has not confirmed.
   *
   * @param wired empty when unwired
   * @param endsToCome how many ends of earlier lives the watch still has to tell
   */
  private record Ahead(Optional<EndpointEntry> wired, int endsToCome) {}

  private final Documents<EndpointEntry> documents;
  private final Map<String, Ahead> ahead = new HashMap<>();

  public LocalEndpoints(Documents<EndpointEntry> documents) {
    this.documents = documents;
  }

  /** An endpoint has its link; its document was written. */
  public void wired(EndpointEntry endpoint) {
    Ahead before = ahead.get(endpoint.handle());
    int endsToCome = before == null ? 0 : before.endsToCome();
    ahead.put(endpoint.handle(), new Ahead(Optional.of(endpoint), endsToCome));
    confirm();
  }

  /** An endpoint goes; its document was or will be deleted. */
  public void unwired(String handle) {
    Ahead before = ahead.get(handle);
    if (before == null && seen().containsKey(handle)) {
      ahead.put(handle, new Ahead(Optional.empty(), 1));
    } else if (before != null && before.wired().isPresent()) {
      ahead.put(handle, new Ahead(Optional.empty(), before.endsToCome() + 1));
    }
  }

  /** Applies an event of the watch; tells whether {@link #current} may have changed. */
  public boolean apply(Watcher.Event event) {
    Set<String> gone = new HashSet<>(seen().keySet());
    boolean changed = documents.apply(event);
    gone.removeAll(seen().keySet());
    if (event instanceof Watcher.Reset) {
      // A listing is past every end that was on its way, unless it still shows that life.
      ahead.keySet().stream().filter(h -> !seen().containsKey(h)).forEach(gone::add);
      gone.forEach(h -> ahead.computeIfPresent(h, (handle, told) -> ended(told, 0)));
    } else {
      gone.forEach(
          h -> ahead.computeIfPresent(h, (handle, told) -> ended(told, told.endsToCome() - 1)));
    }
    confirm();
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
  private static Ahead ended(Ahead told, int endsToCome) {
    int rest = Math.max(0, endsToCome);
    return told.wired().isEmpty() && rest == 0 ? null : new Ahead(told.wired(), rest);
  }

  private void confirm() {
    Map<String, EndpointEntry> seen = seen();
    ahead
        .entrySet()
        .removeIf(
            e ->
                e.getValue().endsToCome() == 0
                    && e.getValue().wired().equals(Optional.ofNullable(seen.get(e.getKey()))));
  }

  private Map<String, EndpointEntry> seen() {
    Map<String, EndpointEntry> seen = new TreeMap<>();
    documents.values().values().forEach(e -> seen.put(e.handle(), e));
    return seen;
  }
}
