// SPDX-License-Identifier: Apache-2.0
package io.margay.api.health;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class HistogramTest {
  @Test
  void countsEachInItsBucketAndAllAboveIt() {
    Histogram histogram = Histogram.ofSeconds(0.01, 1);
    histogram.record(10_000_000);
    histogram.record(10_000_001);
    histogram.record(5_000_000_000L);

    Map<String, Double> emitted = new TreeMap<>();
    histogram.emit(
        (name, labels, value) -> emitted.put(name + new TreeMap<>(labels), value),
        "call_seconds",
        Map.of("verb", "ADD"));

    assertEquals(
        Map.of(
            "call_seconds_bucket{le=0.01, verb=ADD}", 1.0,
            "call_seconds_bucket{le=1, verb=ADD}", 2.0,
            "call_seconds_bucket{le=+Inf, verb=ADD}", 3.0,
            "call_seconds_sum{verb=ADD}", 5.020000001,
            "call_seconds_count{verb=ADD}", 3.0),
        emitted);
  }

  @Test
  void refusesBoundsThatDoNotAscend() {
    assertThrows(IllegalArgumentException.class, () -> Histogram.ofSeconds(1, 1));
  }
}
