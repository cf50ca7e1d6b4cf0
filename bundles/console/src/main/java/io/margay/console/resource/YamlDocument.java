// SPDX-License-Identifier: Apache-2.0
package io.margay.console.resource;

import java.util.Map;

/**
 * One resource of a YAML file.
 *
 * @param place where it is, such as {@code document 2}
 * @param content as values of {@link io.margay.api.resource.Json}
 * @param lines line of each field, by its path as in a Problem; the empty path is the document
 */
record YamlDocument(String place, Map<String, Object> content, Map<String, Integer> lines) {
  /** Place and line of a field; of what surrounds it when it is missing. */
  String at(String field) {
    String path = field;
    while (!lines.containsKey(path)) {
      path = path.substring(0, Math.max(0, Math.max(path.lastIndexOf('.'), path.lastIndexOf('['))));
    }
    return place + ", line " + lines.get(path);
  }
}
