// SPDX-License-Identifier: Apache-2.0
package io.margay.metrics;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Map;
import org.junit.jupiter.api.Test;

class ExpositionTest {
  private final Exposition exposition =
      new Exposition(new Descriptions("| `margay_pools` | gauge | `mode` | Pools |"));

  @Test
  void saysTheTypeOnceForAllLinesOfAMetric() {
    exposition.gauge("margay_pools", Map.of("mode", "vxlan"), 2);
    exposition.gauge("margay_written_total", Map.of(), 7);
    exposition.gauge("margay_pools", Map.of("mode", "direct"), 1);

    assertEquals(
        """
        # HELP margay_pools Pools
        # TYPE margay_pools gauge
        margay_pools{mode="vxlan"} 2
        margay_pools{mode="direct"} 1
        # TYPE margay_written_total counter
        margay_written_total 7
        """,
        exposition.text());
  }

  @Test
  void keepsAHistogramTogether() {
    exposition.gauge("call_seconds_bucket", Map.of("le", "0.1"), 3);
    exposition.gauge("call_seconds_bucket", Map.of("le", "+Inf"), 4);
    exposition.gauge("call_seconds_sum", Map.of(), 0.75);
    exposition.gauge("call_seconds_count", Map.of(), 4);

    assertEquals(
        """
        # TYPE call_seconds histogram
        call_seconds_bucket{le="0.1"} 3
        call_seconds_bucket{le="+Inf"} 4
        call_seconds_count 4
        call_seconds_sum 0.75
        """,
        exposition.text());
  }

  @Test
  void escapesLabelsAndOrdersThem() {
    exposition.gauge("x", Map.of("b", "a \"b\" \\ c\nd", "a", "1"), Double.POSITIVE_INFINITY);

    assertEquals(
        """
        # TYPE x gauge
        x{a="1",b="a \\"b\\" \\\\ c\\nd"} +Inf
        """,
        exposition.text());
  }
}
