// SPDX-License-Identifier: Apache-2.0
package io.margay.core;

import java.util.Map;

/** A number for metrics, with its name and labels as in Prometheus. */
record Gauge(String name, Map<String, String> labels, double value) {
  Gauge {
    labels = Map.copyOf(labels);
  }

  Gauge(String name, double value) {
    this(name, Map.of(), value);
  }
}
