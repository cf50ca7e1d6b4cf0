// SPDX-License-Identifier: Apache-2.0
package io.margay.core.view;

import io.margay.api.resource.Node;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What a Node says to a mode: annotations {@code margay.io/MODE.NAME}, of an operator's hand. */
final class ModeSettings {
  private static final Pattern ANNOTATION = Pattern.compile("margay\\.io/([a-z][a-z0-9-]*)\\.(.+)");

  private ModeSettings() {}

  /** By mode, its settings; modes that are not spoken to are missing. */
  static Map<String, Map<String, String>> of(Node node) {
    Map<String, Map<String, String>> settings = new TreeMap<>();
    node.metadata()
        .annotations()
        .forEach(
            (annotation, value) -> {
              Matcher parts = ANNOTATION.matcher(annotation);
              if (parts.matches() && !annotation.startsWith(AdvertisedFields.PREFIX)) {
                settings
                    .computeIfAbsent(parts.group(1), mode -> new HashMap<>())
                    .put(parts.group(2), value);
              }
            });
    return settings;
  }
}
