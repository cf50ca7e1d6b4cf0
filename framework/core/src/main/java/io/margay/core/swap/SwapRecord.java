// SPDX-License-Identifier: Apache-2.0
package io.margay.core.swap;

import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What became of one attempt to replace, install or remove a bundle.
 *
 * @param action swap, rollback, install or uninstall
 * @param name symbolic name of the bundle
 * @param from version before; empty when there was none
 * @param to version asked for; empty when it was removed
 * @param pauseMillis from the start of the hand-over to when the new bundle served alone; -1 when
 *     it did not come to that
 * @param detail why it was refused or rolled back, or what is left behind; may be empty
 * @param fromFile the jar before, for a rollback; may be empty
 * @param sha256 of the jar asked for; may be empty
 */
public record SwapRecord(
    Instant when,
    String action,
    String name,
    String from,
    String to,
    Outcome outcome,
    long pauseMillis,
    String detail,
    String fromFile,
    String sha256) {
  /** How an attempt ended. */
  public enum Outcome {
    DONE,
    /** Nothing was changed, as asked. */
    DRY_RUN,
    /** Refused before anything was handed over. */
    REFUSED,
    /** The bundle of before runs again. */
    ROLLED_BACK
  }

  Map<String, Object> toMap() {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("when", when.toString());
    map.put("action", action);
    map.put("name", name);
    map.put("from", from);
    map.put("to", to);
    map.put("outcome", outcome.name());
    map.put("pauseMillis", Long.toString(pauseMillis));
    map.put("detail", detail);
    map.put("fromFile", fromFile);
    map.put("sha256", sha256);
    return map;
  }

  /** Reads what {@link #toMap} wrote. */
  static SwapRecord of(Map<String, Object> map) {
    return new SwapRecord(
        Instant.parse(text(map, "when")),
        text(map, "action"),
        text(map, "name"),
        text(map, "from"),
        text(map, "to"),
        Outcome.valueOf(text(map, "outcome")),
        Long.parseLong(text(map, "pauseMillis")),
        text(map, "detail"),
        text(map, "fromFile"),
        text(map, "sha256"));
  }

  private static String text(Map<String, Object> map, String key) {
    if (map.get(key) instanceof String text) {
      return text;
    }
    throw new IllegalArgumentException(key + ": " + map.get(key) + " (expected: a text)");
  }
}
