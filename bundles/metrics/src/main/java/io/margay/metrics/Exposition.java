// SPDX-License-Identifier: Apache-2.0
package io.margay.metrics;

import io.margay.api.health.MetricSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Metrics as Prometheus reads them: text exposition format 0.0.4. Names that end in {@code _total}
 * are counters; those that end in {@code _bucket}, {@code _sum} and {@code _count} with one stem
 * are a histogram; others are gauges.
 */
final class Exposition implements MetricSource.Sink {
  static final String CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8";

  private static final String BUCKET = "_bucket";

  private final Descriptions descriptions;

  Exposition(Descriptions descriptions) {
    this.descriptions = descriptions;
  }

  /** By name of the metric, its lines in the order in which they came. */
  private final Map<String, List<String>> lines = new TreeMap<>();

  @Override
  public void gauge(String name, Map<String, String> labels, double value) {
    lines.computeIfAbsent(name, n -> new ArrayList<>()).add(line(name, labels, value));
  }

  /** All that came so far. */
  String text() {
    StringBuilder text = new StringBuilder();
    String told = "";
    for (Map.Entry<String, List<String>> entry : lines.entrySet()) {
      String family = family(entry.getKey());
      if (!family.equals(told)) {
        descriptions.of(family).ifPresent(d -> help(text, family, d.meaning()));
        text.append("# TYPE ").append(family).append(' ').append(type(family)).append('\n');
        told = family;
      }
      entry.getValue().forEach(line -> text.append(line).append('\n'));
    }
    return text.toString();
  }

  private static void help(StringBuilder text, String family, String meaning) {
    text.append("# HELP ").append(family).append(' ').append(meaning.replace("\\", "\\\\"));
    text.append('\n');
  }

  /** The name under which the lines of a histogram belong together. */
  private String family(String name) {
    for (String suffix : List.of(BUCKET, "_sum", "_count")) {
      if (name.endsWith(suffix)) {
        String stem = name.substring(0, name.length() - suffix.length());
        if (lines.containsKey(stem + BUCKET)) {
          return stem;
        }
      }
    }
    return name;
  }

  private String type(String family) {
    if (lines.containsKey(family + BUCKET)) {
      return "histogram";
    }
    return family.endsWith("_total") ? "counter" : "gauge";
  }

  private static String line(String name, Map<String, String> labels, double value) {
    StringBuilder line = new StringBuilder(name);
    if (!labels.isEmpty()) {
      List<String> pairs = new ArrayList<>();
      new TreeMap<>(labels).forEach((key, text) -> pairs.add(key + "=\"" + escaped(text) + '"'));
      line.append('{').append(String.join(",", pairs)).append('}');
    }
    return line.append(' ').append(number(value)).toString();
  }

  private static String escaped(String text) {
    return text.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n");
  }

  /** Whole numbers without a fraction: they are easier to read. */
  private static String number(double value) {
    if (value == Math.rint(value) && Math.abs(value) < 1e15) {
      return Long.toString((long) value);
    }
    return Double.isInfinite(value) ? (value > 0 ? "+Inf" : "-Inf") : Double.toString(value);
  }
}
