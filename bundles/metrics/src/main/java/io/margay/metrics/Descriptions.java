// SPDX-License-Identifier: Apache-2.0
package io.margay.metrics;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What is said about metrics: the tables of {@code docs/metrics.md}, which this bundle contains.
 */
final class Descriptions {
  /** A row: name, type, labels, meaning. */
  private static final Pattern ROW =
      Pattern.compile("\\| `(\\w+)` \\| (\\w+) \\|([^|]*)\\| (.*) \\|");

  /** A metric as documented. */
  record Description(String type, String meaning) {}

  private final Map<String, Description> byName = new HashMap<>();

  /** Reads the tables of a text in Markdown. */
  Descriptions(String markdown) {
    for (String line : markdown.split("\n")) {
      Matcher row = ROW.matcher(line.strip());
      if (row.matches()) {
        byName.put(row.group(1), new Description(row.group(2), row.group(4).replace("`", "")));
      }
    }
  }

  /** Those of this bundle. */
  static Descriptions load() {
    try (InputStream in = Descriptions.class.getResourceAsStream("/metrics.md")) {
      return new Descriptions(new String(in.readAllBytes(), StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Of a metric, or of the histogram that has this stem; empty for one of a vendor. */
  Optional<Description> of(String name) {
    return Optional.ofNullable(byName.get(name));
  }
}
