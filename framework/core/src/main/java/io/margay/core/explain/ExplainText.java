// SPDX-License-Identifier: Apache-2.0
package io.margay.core.explain;

import io.margay.api.dataplane.TraceFlow;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A verdict for people: what was looked at by node, and a sentence. */
final class ExplainText {
  private ExplainText() {}

  static String of(PathEnd from, PathEnd to, TraceFlow flow, Verdict verdict) {
    StringBuilder text = new StringBuilder(from + " to " + to + ": " + flow);
    int width = verdict.hops().stream().mapToInt(h -> h.what().length()).max().orElse(0);
    byNode(verdict.hops())
        .forEach(
            (node, hops) -> {
              text.append("\n").append(node.isEmpty() ? "store" : node);
              hops.forEach(hop -> line(text, hop, width));
            });
    return text.append("\n")
        .append(verdict.health().name())
        .append(verdict.broken().isPresent() ? " at " : ": ")
        .append(verdict.sentence())
        .toString();
  }

  private static void line(StringBuilder text, Hop hop, int width) {
    String state =
        switch (hop.state()) {
          case OK -> "ok";
          case NOTE -> "";
          case BROKEN -> "BROKEN";
          case UNKNOWN -> "unknown";
        };
    text.append(
        ("\n  %-7s  %-" + Math.max(1, width) + "s  %s").formatted(state, hop.what(), hop.actual()));
    if (hop.isBroken() && !hop.expected().isEmpty()) {
      text.append(
          ("\n  %-7s  %-" + Math.max(1, width) + "s  expected: %s")
              .formatted("", "", hop.expected()));
    }
  }

  private static Map<String, List<Hop>> byNode(List<Hop> hops) {
    Map<String, List<Hop>> byNode = new LinkedHashMap<>();
    hops.forEach(hop -> byNode.computeIfAbsent(hop.node(), n -> new ArrayList<>()).add(hop));
    return byNode;
  }
}
