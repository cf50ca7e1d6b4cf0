// SPDX-License-Identifier: Apache-2.0
package io.margay.cni;

import io.margay.api.ipam.WorkloadWitness;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Remembers what the runtime has said by its calls: ADD and DEL about one attachment, GC about all
 * of a network. Thread-safe.
 */
final class RuntimeWords implements WorkloadWitness {
  /** A list of GC. */
  private record Listed(Set<String> handles, long atNanos) {}

  // Guarded by this. Calls that are queued or run, by handle; ADDs that succeeded; the last lists.
  private final Map<String, Integer> underWay = new HashMap<>();
  private final Map<String, Testimony> added = new HashMap<>();
  private final Map<String, Listed> lists = new HashMap<>();

  /** A call about the attachment has come. */
  synchronized void begin(Attachment attachment) {
    underWay.merge(attachment.handle(), 1, Integer::sum);
  }

  /** What {@link #begin} told is done. */
  synchronized void end(Attachment attachment) {
    underWay.computeIfPresent(attachment.handle(), (handle, n) -> n == 1 ? null : n - 1);
  }

  /** An ADD has succeeded. */
  synchronized void added(Attachment attachment) {
    added.put(attachment.handle(), new Testimony(Word.KNOWN, System.nanoTime()));
  }

  /** A DEL has succeeded. */
  synchronized void removed(Attachment attachment) {
    added.remove(attachment.handle());
  }

  /** These are all attachments of a network that the runtime has. */
  synchronized void listed(String network, Set<Attachment> valid) {
    Set<String> handles =
        valid.stream().map(Attachment::handle).collect(Collectors.toCollection(HashSet::new));
    lists.put(network, new Listed(handles, System.nanoTime()));
  }

  @Override
  public synchronized Optional<Testimony> lastWord(String network, String handle) {
    if (underWay.containsKey(handle)) {
      return Optional.of(new Testimony(Word.UNDER_WAY, System.nanoTime()));
    }
    Testimony ofAdd = added.get(handle);
    Listed list = lists.get(network);
    if (list == null || ofAdd != null && ofAdd.atNanos() - list.atNanos() > 0) {
      return Optional.ofNullable(ofAdd);
    }
    Word word = list.handles().contains(handle) ? Word.KNOWN : Word.UNKNOWN;
    return Optional.of(new Testimony(word, list.atNanos()));
  }
}
