// SPDX-License-Identifier: Apache-2.0
package io.margay.dataplane.journal;

import io.margay.api.dataplane.Cause;
import io.margay.api.dataplane.JournalRecord;
import io.margay.api.dataplane.JournalRecord.Action;
import io.margay.api.resource.InvalidResourceException;
import io.margay.api.resource.Json;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** A record as one line of JSON. What is absent has no field. */
final class JournalLine {
  private JournalLine() {}

  /** Appends the record and a line feed. */
  static void append(StringBuilder out, JournalRecord entry) {
    out.append("{\"n\":").append(entry.sequence());
    field(out, "t", entry.time().toString());
    field(out, "do", entry.action().sign());
    field(out, "object", entry.object());
    field(out, "was", entry.before());
    field(out, "owner", entry.owner());
    field(out, "kind", entry.cause().kind().word());
    field(out, "cause", entry.cause().text());
    field(out, "pod", entry.cause().pod());
    field(out, "errno", entry.errno());
    out.append("}\n");
  }

  /** Reads a line without its line feed; empty when it is none of ours. */
  static Optional<JournalRecord> read(byte[] line) {
    try {
      Map<String, Object> fields = Json.parseObject(line);
      if (!(fields.get("n") instanceof Long sequence)) {
        return Optional.empty();
      }
      return Optional.of(
          new JournalRecord(
              sequence,
              Instant.parse(text(fields, "t")),
              action(text(fields, "do")),
              optional(fields, "owner"),
              text(fields, "object"),
              optional(fields, "was"),
              new Cause(
                  Cause.Kind.valueOf(text(fields, "kind").toUpperCase(Locale.ROOT)),
                  text(fields, "cause"),
                  optional(fields, "pod")),
              optional(fields, "errno")));
    } catch (InvalidResourceException | DateTimeException | IllegalArgumentException e) {
      return Optional.empty(); // Torn, or of a later version: the reader says so.
    }
  }

  private static Action action(String sign) {
    for (Action action : Action.values()) {
      if (action.sign().equals(sign)) {
        return action;
      }
    }
    throw new IllegalArgumentException("do: " + sign + " (expected: a sign of an action)");
  }

  private static String text(Map<String, Object> fields, String name) {
    return optional(fields, name).orElse("");
  }

  private static Optional<String> optional(Map<String, Object> fields, String name) {
    return fields.get(name) instanceof String text ? Optional.of(text) : Optional.empty();
  }

  private static void field(StringBuilder out, String name, Optional<String> value) {
    if (value.isPresent()) {
      field(out, name, value.get());
    }
  }

  private static void field(StringBuilder out, String name, String value) {
    out.append(",\"").append(name).append("\":\"");
    for (int i = 0; i < value.length(); i++) {
      char c = value.charAt(i);
      if (c == '"' || c == '\\') {
        out.append('\\').append(c);
      } else if (c >= ' ' && !Character.isSurrogate(c)) {
        out.append(c);
      } else {
        out.append("\\u").append(Character.forDigit(c >> 12, 16));
        out.append(Character.forDigit(c >> 8 & 15, 16)).append(Character.forDigit(c >> 4 & 15, 16));
        out.append(Character.forDigit(c & 15, 16));
      }
    }
    out.append('"');
  }
}
