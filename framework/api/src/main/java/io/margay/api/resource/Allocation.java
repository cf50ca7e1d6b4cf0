// SPDX-License-Identifier: Apache-2.0
package io.margay.api.resource;

import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.time.format.DateTimeParseException;
import java.time.temporal.ChronoField;
import java.time.temporal.ChronoUnit;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * Who holds an address of a block: an element of {@code attributes}, shared by all addresses of
 * equal holder.
 *
 * @param handleId the holder; empty for an address that cools down
 * @param attributes about the holder, such as {@code node}, {@code pod}, {@code namespace}; {@code
 *     secondary} in the document
 * @param releasedAt since when the address cools down
 * @param other fields of the document that have no component here
 */
public record Allocation(
    Optional<String> handleId,
    Map<String, String> attributes,
    Optional<Instant> releasedAt,
    Map<String, Object> other) {
  /** Attribute with the node that uses the address. */
  public static final String NODE = "node";

  /** Attribute with the time of the assignment, in Go's form as Calico writes it. */
  public static final String TIMESTAMP = "timestamp";

  /** {@code 2026-01-31 12:00:00.5 +0000 UTC}. */
  private static final DateTimeFormatter GO_TIME =
      new DateTimeFormatterBuilder()
          .appendPattern("yyyy-MM-dd HH:mm:ss")
          .appendFraction(ChronoField.NANO_OF_SECOND, 0, 9, true)
          .appendPattern(" xx 'UTC'")
          .toFormatter(Locale.ROOT)
          .withZone(ZoneOffset.UTC);

  private static final Set<String> SHARED = Set.of(NODE, "namespace");

  public Allocation {
    attributes = Map.copyOf(attributes);
  }

  public static Allocation of(String handleId, Map<String, String> attributes) {
    return new Allocation(Optional.of(handleId), attributes, Optional.empty(), Map.of());
  }

  /** The text of {@link #TIMESTAMP}. */
  public static String timestamp(Instant time) {
    return GO_TIME.format(time.truncatedTo(ChronoUnit.MILLIS));
  }

  static Allocation cooling(Instant releasedAt) {
    return new Allocation(Optional.empty(), Map.of(), Optional.of(releasedAt), Map.of());
  }

  static Allocation read(Fields fields) {
    Map<String, Object> other = new LinkedHashMap<>(fields.values());
    Optional<Instant> releasedAt = Optional.empty();
    try {
      releasedAt = fields.text("releasedAt").map(Instant::parse);
    } catch (DateTimeParseException e) {
      fields.problem("releasedAt", "a time as in 2026-01-31T12:00:00Z");
    }
    Optional<String> handleId = fields.text("handle_id");
    Map<String, String> attributes = new HashMap<>(fields.textMap("secondary"));
    // Nodes and namespaces are few, addresses are many.
    attributes.replaceAll((name, value) -> SHARED.contains(name) ? value.intern() : value);
    fields.any("alternateOwnerAttrs");
    other.keySet().removeIf(n -> "handle_id secondary releasedAt".contains(n));
    return new Allocation(handleId, attributes, releasedAt, other.isEmpty() ? Map.of() : other);
  }

  Map<String, Object> toMap() {
    Map<String, Object> map = new LinkedHashMap<>();
    handleId.ifPresent(h -> map.put("handle_id", h));
    if (!attributes.isEmpty()) {
      map.put("secondary", new TreeMap<>(attributes));
    }
    releasedAt.ifPresent(t -> map.put("releasedAt", t.toString()));
    map.putAll(other);
    return map;
  }

  /** When the address was assigned, when known. */
  public Optional<Instant> since() {
    return Optional.ofNullable(attributes.get(TIMESTAMP)).flatMap(Allocation::time);
  }

  private static Optional<Instant> time(String text) {
    try {
      // Go adds what its monotonic clock said.
      return Optional.of(GO_TIME.parse(text.replaceFirst(" m=.*", ""), Instant::from));
    } catch (DateTimeParseException e) {
      return Optional.empty(); // Somebody else's attribute: no reason to refuse the block.
    }
  }

  /** The node that uses the address, when known. */
  public Optional<String> node() {
    return Optional.ofNullable(attributes.get(NODE));
  }
}
