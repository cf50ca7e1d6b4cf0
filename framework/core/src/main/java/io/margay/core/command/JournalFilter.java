// SPDX-License-Identifier: Apache-2.0
package io.margay.core.command;

import io.margay.api.dataplane.Cause;
import io.margay.api.dataplane.Journal;
import io.margay.api.dataplane.JournalRecord;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Which records of a journal are wanted.
 *
 * @param object part of the object's text, now or before
 * @param pod {@code NAMESPACE/NAME}, or the name alone
 * @param owner an owner, or what is before its slash
 * @param count the last so many
 */
record JournalFilter(
    Optional<Instant> since,
    Optional<Instant> until,
    Optional<String> object,
    Optional<String> pod,
    Optional<String> owner,
    Optional<Cause.Kind> cause,
    int count) {

  /** Records from the oldest to the newest. */
  Deque<JournalRecord> read(Journal journal) throws IOException {
    Deque<JournalRecord> found = new ArrayDeque<>();
    journal.visit(
        since.orElse(Instant.MIN),
        entry -> {
          if (matches(entry)) {
            found.addFirst(entry);
          }
          return found.size() < count;
        });
    return found;
  }

  /** Whether it is wanted; whether it is new enough is not asked. */
  boolean matches(JournalRecord entry) {
    String itsPod = entry.cause().pod().orElse("");
    String itsOwner = entry.owner().orElse("");
    return until.filter(entry.time()::isAfter).isEmpty()
        && object.filter(o -> !isAbout(entry, o)).isEmpty()
        && pod.filter(p -> !itsPod.equals(p) && !itsPod.endsWith("/" + p)).isEmpty()
        && owner.filter(o -> !itsOwner.equals(o) && !itsOwner.startsWith(o + "/")).isEmpty()
        && cause.filter(kind -> entry.cause().kind() != kind).isEmpty();
  }

  private static boolean isAbout(JournalRecord entry, String text) {
    return entry.object().contains(text) || entry.before().orElse("").contains(text);
  }

  /** For another node; see {@link #of}. */
  Map<String, String> toMap() {
    Map<String, String> map = new LinkedHashMap<>();
    since.ifPresent(time -> map.put("since", time.toString()));
    until.ifPresent(time -> map.put("until", time.toString()));
    object.ifPresent(text -> map.put("object", text));
    pod.ifPresent(text -> map.put("pod", text));
    owner.ifPresent(text -> map.put("owner", text));
    cause.ifPresent(kind -> map.put("cause", kind.word()));
    map.put("count", Integer.toString(count));
    return map;
  }

  /**
   * Reads {@link #toMap}; no more records than fit into an answer.
   *
   * @throws IllegalArgumentException or a {@link java.time.DateTimeException} when it cannot
   */
  static JournalFilter of(Map<String, String> map) {
    return new JournalFilter(
        Optional.ofNullable(map.get("since")).map(Instant::parse),
        Optional.ofNullable(map.get("until")).map(Instant::parse),
        Optional.ofNullable(map.get("object")),
        Optional.ofNullable(map.get("pod")),
        Optional.ofNullable(map.get("owner")),
        Optional.ofNullable(map.get("cause")).map(JournalFilter::kind),
        Math.min(JournalVerb.MAX_RECORDS, Integer.parseInt(map.getOrDefault("count", "1"))));
  }

  /** Words for {@link Cause.Kind}. */
  static List<String> kinds() {
    return Arrays.stream(Cause.Kind.values()).map(Cause.Kind::word).toList();
  }

  /**
   * The kind of a word.
   *
   * @throws IllegalArgumentException when there is none
   */
  static Cause.Kind kind(String word) {
    int index = kinds().indexOf(word);
    if (index < 0) {
      throw new IllegalArgumentException(
          "cause: " + word + " (expected: one of " + String.join(", ", kinds()) + ")");
    }
    return Cause.Kind.values()[index];
  }
}
