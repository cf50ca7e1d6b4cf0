// SPDX-License-Identifier: Apache-2.0
package io.margay.core.command;

import io.margay.api.dataplane.JournalRecord;
import io.margay.api.resource.Json;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;

/** A record of the journal as people read it. */
record JournalRow(
    Instant when,
    long number,
    String cause,
    String why,
    String pod,
    String result,
    String change,
    String owner) {
  static JournalRow of(JournalRecord entry) {
    return new JournalRow(
        entry.time(),
        entry.sequence(),
        entry.cause().kind().word(),
        entry.cause().text(),
        entry.cause().pod().orElse(""),
        entry.errno().orElse("ok"),
        entry.toString(),
        entry.owner().orElse(""));
  }

  /** As values of {@link Json}. */
  Map<String, Object> toMap() {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("when", when.toString());
    map.put("number", number);
    map.put("cause", cause);
    map.put("why", why);
    map.put("pod", pod);
    map.put("result", result);
    map.put("change", change);
    map.put("owner", owner);
    return map;
  }

  /** Reads {@link #toMap}; throws a RuntimeException for anything else. */
  static JournalRow parse(Object json) {
    Map<String, Object> map = Json.asObject(json).orElseThrow();
    return new JournalRow(
        Instant.parse(text(map, "when")),
        Long.parseLong(text(map, "number")),
        text(map, "cause"),
        text(map, "why"),
        text(map, "pod"),
        text(map, "result"),
        text(map, "change"),
        text(map, "owner"));
  }

  private static String text(Map<String, Object> map, String name) {
    return String.valueOf(map.getOrDefault(name, ""));
  }
}
