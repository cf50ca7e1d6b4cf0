// SPDX-License-Identifier: Apache-2.0
package io.margay.api.resource;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Changes of JSON objects that leave the original, and every field not named, as they are. */
final class Trees {
  private Trees() {}

  /**
   * The document with one field set; objects on the way are made.
   *
   * @param value null removes the field, and with it objects below the outermost that become empty
   */
  static Map<String, Object> with(Map<String, Object> document, Object value, String... path) {
    Map<String, Object> copy = new LinkedHashMap<>(document);
    String name = path[0];
    if (path.length == 1) {
      set(copy, name, value);
    } else {
      Map<String, Object> part = Json.asObject(document.get(name)).orElse(Map.of());
      Map<String, Object> changed = inner(part, value, path, 1);
      if (document.containsKey(name) || !changed.isEmpty()) {
        copy.put(name, changed);
      }
    }
    return frozen(copy);
  }

  /** An immutable copy that takes little memory. */
  static Map<String, Object> frozen(Map<String, Object> object) {
    return new JsonObject(List.copyOf(object.keySet()), new ArrayList<>(object.values()));
  }

  private static Map<String, Object> inner(
      Map<String, Object> object, Object value, String[] path, int depth) {
    Map<String, Object> copy = new LinkedHashMap<>(object);
    String name = path[depth];
    if (depth == path.length - 1) {
      set(copy, name, value);
    } else {
      Map<String, Object> part = Json.asObject(object.get(name)).orElse(Map.of());
      Map<String, Object> changed = inner(part, value, path, depth + 1);
      set(copy, name, changed.isEmpty() ? null : changed);
    }
    return frozen(copy);
  }

  private static void set(Map<String, Object> object, String name, Object value) {
    if (value == null) {
      object.remove(name);
    } else {
      object.put(name, value);
    }
  }

  /** The envelope of a new resource. */
  static Map<String, Object> envelope(
      String apiVersion, String kind, String namespace, String name, Map<String, Object> spec) {
    Map<String, Object> metadata = new LinkedHashMap<>();
    metadata.put("name", name);
    if (!namespace.isEmpty()) {
      metadata.put("namespace", namespace);
    }
    Map<String, Object> document = new LinkedHashMap<>();
    document.put("apiVersion", apiVersion);
    document.put("kind", kind);
    document.put("metadata", frozen(metadata));
    document.put("spec", frozen(spec));
    return frozen(document);
  }
}
