// SPDX-License-Identifier: Apache-2.0
package io.margay.api.resource;

import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.HashMap;
import java.util.LinkedHashMap;
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

  private static final Set<String> SHARED = Set.of(NODE, "namespace");

  public Allocation {
    attributes = Map.copyOf(attributes);
  }

  public static Allocation of(String handleId, Map<String, String> attributes) {
    return new Allocation(Optional.of(handleId), attributes, Optional.empty(), Map.of());
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

  /** The node that uses the address, when known. */
  public Optional<String> node() {
    return Optional.ofNullable(attributes.get(NODE));
  }
}
