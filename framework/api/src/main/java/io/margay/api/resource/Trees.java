// SPDX-License-Identifier: Apache-2.0
package io.margay.api.resource;

import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/** Changes of JSON objects that leave the original, and every field not named, as they are. */
final class Trees {
  private Trees() {}

  /**
   * The object with one field set; objects on the way are made.
   *
   * @param value null removes the field, and objects on the way that become empty
   */
  static Map<String, Object> with(Map<String, Object> object, Object value, String... path) {
    Map<String, Object> copy = new LinkedHashMap<>(object);
    String name = path[0];
    Object fresh = value;
    if (path.length > 1) {
      Map<String, Object> inner = Json.asObject(object.get(name)).orElse(Map.of());
      String[] rest = Arrays.copyOfRange(path, 1, path.length);
      Map<String, Object> changed = with(inner, value, rest);
      fresh = changed.isEmpty() ? null : changed;
    }
    if (fresh == null) {
      copy.remove(name);
    } else {
      copy.put(name, fresh);
    }
    return Collections.unmodifiableMap(copy);
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
    document.put("metadata", Collections.unmodifiableMap(metadata));
    document.put("spec", Collections.unmodifiableMap(spec));
    return Collections.unmodifiableMap(document);
  }
}
