// SPDX-License-Identifier: Apache-2.0
package io.margay.core.view;

import io.margay.api.resource.InvalidResourceException;
import io.margay.api.resource.Json;
import io.margay.api.resource.Node;
import io.margay.api.resource.Problem;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** Annotations of a Node whose value is a JSON object of texts. */
final class Annotations {
  private Annotations() {}

  /** The texts, ordered by name; none when the annotation is absent. */
  static Map<String, String> texts(Node node, String annotation) throws InvalidResourceException {
    Map<String, String> texts = new TreeMap<>();
    Optional<String> json = node.metadata().annotation(annotation);
    if (json.isPresent()) {
      for (Map.Entry<String, Object> e : object(node, annotation, json.get()).entrySet()) {
        if (!(e.getValue() instanceof String text)) {
          throw problem(node, annotation, json.get(), "a JSON object of texts");
        }
        texts.put(e.getKey(), text);
      }
    }
    return texts;
  }

  /** Sets the texts; none removes the annotation. */
  static Node with(Node node, String annotation, Map<String, String> texts) {
    Optional<String> value =
        Optional.of(texts)
            .filter(t -> !t.isEmpty())
            .map(t -> new String(Json.write(new TreeMap<>(t)), StandardCharsets.UTF_8));
    return node.withAnnotation(annotation, value);
  }

  static InvalidResourceException problem(
      Node node, String annotation, String value, String expected) {
    return new InvalidResourceException(
        node.toString(),
        List.of(new Problem("metadata.annotations." + annotation, value, expected)));
  }

  private static Map<String, Object> object(Node node, String annotation, String json)
      throws InvalidResourceException {
    try {
      return Json.parseObject(json.getBytes(StandardCharsets.UTF_8));
    } catch (InvalidResourceException e) {
      throw problem(node, annotation, json, "a JSON object of texts");
    }
  }
}
