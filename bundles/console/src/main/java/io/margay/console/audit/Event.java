// SPDX-License-Identifier: Apache-2.0
package io.margay.console.audit;

import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import io.margay.api.console.Caller;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/**
 * One line of the audit log.
 *
 * @param id what the beginning and the end of one command share
 * @param kind {@code begin}, {@code end} or {@code refused}
 * @param status exit status; only an end has it
 * @param took only an end has it
 */
record Event(
    Instant time,
    String id,
    String kind,
    String user,
    String role,
    String from,
    String line,
    Optional<Integer> status,
    Optional<Duration> took) {
  static final String BEGIN = "begin";
  static final String END = "end";
  static final String REFUSED = "refused";

  static Event of(Instant time, String id, String kind, Caller caller, String line) {
    return new Event(
        time,
        id,
        kind,
        caller.name(),
        caller.role().toString(),
        caller.origin(),
        line,
        Optional.empty(),
        Optional.empty());
  }

  Event ended(Instant at, int exitStatus) {
    return new Event(
        at,
        id,
        END,
        user,
        role,
        from,
        line,
        Optional.of(exitStatus),
        Optional.of(Duration.between(time, at)));
  }

  /** One line of JSON, without the line feed. */
  String json() {
    JsonObject json = new JsonObject();
    json.addProperty("time", time.toString());
    json.addProperty("id", id);
    json.addProperty("event", kind);
    json.addProperty("user", user);
    json.addProperty("role", role);
    json.addProperty("from", from);
    json.addProperty("line", line);
    status.ifPresent(value -> json.addProperty("status", value));
    took.ifPresent(value -> json.addProperty("millis", value.toMillis()));
    return json.toString();
  }

  /** Empty for a line that is cut off, as the last one is after a crash, or is none of ours. */
  static Optional<Event> parse(String line) {
    try {
      JsonObject json = JsonParser.parseString(line).getAsJsonObject();
      return Optional.of(
          new Event(
              Instant.parse(text(json, "time")),
              text(json, "id"),
              text(json, "event"),
              text(json, "user"),
              text(json, "role"),
              text(json, "from"),
              text(json, "line"),
              Optional.ofNullable(json.get("status")).map(value -> value.getAsInt()),
              Optional.ofNullable(json.get("millis"))
                  .map(value -> Duration.ofMillis(value.getAsLong()))));
    } catch (JsonParseException
        | IllegalStateException
        | NumberFormatException
        | DateTimeException e) {
      return Optional.empty();
    }
  }

  private static String text(JsonObject json, String name) {
    if (!json.has(name)) {
      throw new JsonParseException(name + ": missing");
    }
    return json.get(name).getAsString();
  }
}
