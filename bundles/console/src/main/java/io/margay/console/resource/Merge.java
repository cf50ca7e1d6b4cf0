// SPDX-License-Identifier: Apache-2.0
package io.margay.console.resource;

import io.margay.api.resource.Json;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/**
 * What becomes of a stored document when a file is applied to it: the file says all of {@code
 * spec}, labels and annotations; the rest of the metadata and {@code status} belong to the cluster
 * and stay.
 */
final class Merge {
  private static final String METADATA = "metadata";
  private static final String STATUS = "status";
  private static final String VERSION = "resourceVersion";

  /** Of these the file's value counts, also when it has none. */
  private static final List<String> BY_FILE = List.of("labels", "annotations");

  /** Of these the cluster's value counts. */
  private static final List<String> BY_CLUSTER = List.of("uid", "creationTimestamp", VERSION);

  private Merge() {}

  /** The revision that the file was made from, when it says so. */
  static Optional<String> version(Map<String, Object> file) {
    return Optional.ofNullable(metadata(file).get(VERSION)).map(String::valueOf);
  }

  /**
   * @param stored the document that is there; empty when there is none
   */
  static Map<String, Object> merge(
      Map<String, Object> file, Optional<Map<String, Object>> stored, Instant now) {
    Map<String, Object> merged = new LinkedHashMap<>(file);
    Map<String, Object> metadata = new LinkedHashMap<>(metadata(stored.orElse(Map.of())));
    metadata.keySet().removeAll(BY_FILE);
    metadata.remove(VERSION); // The store has its own.
    metadata(file)
        .forEach(
            (name, value) -> {
              if (value != null && !BY_CLUSTER.contains(name)) {
                metadata.put(name, value);
              }
            });
    if (stored.isEmpty()) {
      metadata.put("uid", UUID.randomUUID().toString());
      metadata.put("creationTimestamp", now.truncatedTo(ChronoUnit.SECONDS).toString());
    }
    merged.put(METADATA, metadata);
    stored.map(document -> document.get(STATUS)).ifPresent(status -> merged.put(STATUS, status));
    return merged;
  }

  private static Map<String, Object> metadata(Map<String, Object> document) {
    return Json.asObject(document.get(METADATA)).orElse(Map.of());
  }
}
