// SPDX-License-Identifier: Apache-2.0
package io.margay.core.swap;

import io.margay.api.resource.InvalidResourceException;
import io.margay.api.resource.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Named sets of bundles, as the file {@code etc/features.json} has them:
 *
 * <pre>
 * {"features": [
 *   {"name": "srv6", "version": "1.0.0", "description": "pods by SRv6",
 *    "bundles": [{"file": "/srv/bundles/com.example.srv6-1.0.0.jar", "sha256": "0a1b..."}]}]}
 * </pre>
 *
 * A relative file is found from the folder of the file; {@code sha256} may be left out.
 */
record Features(List<Feature> features) {
  /**
   * A set of bundles that are installed together.
   *
   * @param bundles in the order of installing
   */
  record Feature(String name, String version, String description, List<Item> bundles) {}

  /**
   * A bundle of a feature.
   *
   * @param sha256 what the file must have, if anything
   */
  record Item(Path file, Optional<String> sha256) {
    /** Reads the jar, which must be the one that is meant. */
    JarFacts read() throws SwapException {
      if (!Files.isRegularFile(file)) {
        throw new SwapException(file + ": no such file");
      }
      JarFacts jar = JarFacts.read(file);
      if (sha256.isPresent() && !sha256.get().equals(jar.sha256())) {
        throw new SwapException(
            file + ": sha256 is " + jar.sha256() + " (expected: " + sha256.get() + ")");
      }
      return jar;
    }
  }

  Features {
    features = List.copyOf(features);
  }

  /** Reads a file; one that is not there has no features. */
  static Features read(Path file) throws SwapException {
    if (!Files.exists(file)) {
      return new Features(List.of());
    }
    try {
      Map<String, Object> document = Json.parseObject(Files.readAllBytes(file));
      List<Feature> features = new ArrayList<>();
      for (Object each : list(file, document, "features")) {
        features.add(feature(file, object(file, "features", each)));
      }
      return new Features(features);
    } catch (IOException | InvalidResourceException e) {
      throw new SwapException(file + " cannot be read: " + e.getMessage(), e);
    }
  }

  Feature named(String name) throws SwapException {
    List<String> names = features.stream().map(Feature::name).toList();
    return features.stream()
        .filter(f -> f.name().equals(name))
        .findFirst()
        .orElseThrow(
            () -> new SwapException(name + ": no such feature (expected: one of " + names + ")"));
  }

  private static Feature feature(Path file, Map<String, Object> map) throws SwapException {
    List<Item> items = new ArrayList<>();
    for (Object each : list(file, map, "bundles")) {
      Map<String, Object> item = object(file, "bundles", each);
      Path jar = file.resolveSibling(text(file, item, "file")).normalize();
      items.add(new Item(jar, Optional.ofNullable(item.get("sha256")).map(Object::toString)));
    }
    return new Feature(
        text(file, map, "name"),
        text(file, map, "version"),
        Optional.ofNullable(map.get("description")).map(Object::toString).orElse(""),
        items);
  }

  private static Map<String, Object> object(Path file, String key, Object value)
      throws SwapException {
    return Json.asObject(value)
        .orElseThrow(() -> new SwapException(file + ": " + key + ": (expected: JSON objects)"));
  }

  private static List<?> list(Path file, Map<String, Object> map, String key) throws SwapException {
    if (map.get(key) instanceof List<?> list) {
      return list;
    }
    throw new SwapException(file + ": " + key + ": " + map.get(key) + " (expected: a list)");
  }

  private static String text(Path file, Map<String, Object> map, String key) throws SwapException {
    if (map.get(key) instanceof String text && !text.isBlank()) {
      return text;
    }
    throw new SwapException(file + ": " + key + ": " + map.get(key) + " (expected: a text)");
  }
}
