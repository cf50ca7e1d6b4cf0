// SPDX-License-Identifier: Apache-2.0
package io.margay.cni;

import io.margay.api.health.Histogram;
import io.margay.api.health.MetricSource.Sink;
import java.util.EnumMap;
import java.util.Map;

/** How long calls took, by verb and result. For any thread. */
final class CallTimes {
  private static final String NAME = "margay_cni_call_seconds";

  private final Map<Verb, Histogram> good = histograms();
  private final Map<Verb, Histogram> failed = histograms();

  private static Map<Verb, Histogram> histograms() {
    Map<Verb, Histogram> byVerb = new EnumMap<>(Verb.class);
    for (Verb verb : Verb.values()) {
      byVerb.put(
          verb,
          Histogram.ofSeconds(
              0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30));
    }
    return byVerb;
  }

  void record(Verb verb, boolean isGood, long nanos) {
    (isGood ? good : failed).get(verb).record(nanos);
  }

  void emit(Sink sink) {
    good.forEach((verb, h) -> h.emit(sink, NAME, Map.of("verb", verb.name(), "result", "ok")));
    failed.forEach((verb, h) -> h.emit(sink, NAME, Map.of("verb", verb.name(), "result", "error")));
  }
}
