// SPDX-License-Identifier: Apache-2.0
package io.margay.core.view;

import io.margay.api.resource.InvalidResourceException;
import io.margay.api.store.Entry;
import io.margay.api.store.Key;
import io.margay.api.store.Revision;
import io.margay.api.store.Watcher;
import java.util.Collections;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.BiConsumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What planners need of the documents of one kind, as last read well. Confined to the agent thread.
 *
 * <p>A document that cannot be read is reported once and changes nothing: the last good reading
 * stays in force.
 *
 * @param <V> the part that matters; equal values mean that nothing changed
 */
public final class Documents<V> {
  /** Reads what matters out of a document; empty when nothing of it does. */
  @FunctionalInterface
  public interface Reader<V> {
    Optional<V> read(byte[] json) throws InvalidResourceException;
  }

  private static final Logger LOG = LoggerFactory.getLogger(Documents.class);

  private final String kind;
  private final Reader<V> reader;
  private final TreeMap<String, V> values = new TreeMap<>();
  private final TreeMap<String, String> faults = new TreeMap<>();
  private final TreeMap<String, Revision> revisions = new TreeMap<>();
  private Revision latest = Revision.NONE;
  private boolean inSync;
  private Optional<String> lost = Optional.empty();

  public Documents(String kind, Reader<V> reader) {
    this.kind = kind;
    this.reader = reader;
  }

  public String kind() {
    return kind;
  }

  /** Applies one event of the watch; tells whether a value changed or the kind came into sync. */
  public boolean apply(Watcher.Event event) {
    if (event instanceof Watcher.Lost gone) {
      lost = Optional.of(gone.reason());
      return false;
    }
    lost = Optional.empty();
    if (event instanceof Watcher.Reset reset) {
      return reset(reset);
    }
    if (event instanceof Watcher.Put put) {
      return put(put.entry());
    }
    Watcher.Deleted deleted = (Watcher.Deleted) event;
    latest = max(latest, deleted.revision());
    return remove(name(deleted.key()));
  }

  /** Values by the document's name; namespaced kinds by {@code namespace/name}. A live view. */
  public Map<String, V> values() {
    return Collections.unmodifiableMap(values);
  }

  /** When a document that is there was written; NONE for one that is not. */
  public Revision revision(String name) {
    return revisions.getOrDefault(name, Revision.NONE);
  }

  /** Everything of this kind up to here has been seen. */
  public Revision latest() {
    return latest;
  }

  /** Whether a whole listing was seen since the start. */
  public boolean isInSync() {
    return inSync;
  }

  /** Why the store cannot be read now; what is known is frozen until it can. */
  public Optional<String> lost() {
    return lost;
  }

  /** Documents that cannot be read, with what is wrong. A live view. */
  public Map<String, String> faults() {
    return Collections.unmodifiableMap(faults);
  }

  /** Forgets that the kind was in sync: another store follows. Values stay in force. */
  public void restart() {
    inSync = false;
    latest = Revision.NONE; // Another store counts for itself.
  }

  private boolean reset(Watcher.Reset reset) {
    boolean changed = !inSync;
    latest = max(latest, reset.listing().revision());
    Set<String> present = new HashSet<>();
    for (Entry entry : reset.listing().entries()) {
      present.add(name(entry.key()));
      changed |= put(entry);
    }
    revisions.keySet().retainAll(present);
    for (String name : Set.copyOf(values.keySet())) {
      changed |= !present.contains(name) && remove(name);
    }
    faults.keySet().retainAll(present);
    inSync = true;
    return changed;
  }

  private boolean put(Entry entry) {
    String name = name(entry.key());
    revisions.put(name, entry.revision());
    latest = max(latest, entry.revision());
    try {
      Optional<V> value = reader.read(entry.json());
      faults.remove(name);
      V before = value.isPresent() ? values.put(name, value.get()) : values.remove(name);
      return !Optional.ofNullable(before).equals(value);
    } catch (InvalidResourceException e) {
      if (!e.getMessage().equals(faults.put(name, e.getMessage()))) {
        LOG.warn(
            "Document not usable, {} kind={} name={} reason={}",
            values.containsKey(name) ? "the last good one stays in force" : "it is left out",
            kind,
            name,
            e.getMessage());
      }
      return false;
    }
  }

  private boolean remove(String name) {
    faults.remove(name);
    revisions.remove(name);
    return values.remove(name) != null;
  }

  private static Revision max(Revision a, Revision b) {
    return a.compareTo(b) < 0 ? b : a;
  }

  private static String name(Key key) {
    return key.namespace().isEmpty() ? key.name() : key.namespace() + "/" + key.name();
  }

  /** Visits what is wrong with this kind. */
  void eachFault(BiConsumer<String, String> visitor) {
    faults.forEach((name, why) -> visitor.accept(kind + "/" + name, why));
  }
}
