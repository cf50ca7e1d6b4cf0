// SPDX-License-Identifier: Apache-2.0
package io.margay.api.health;

import java.util.Map;
import org.osgi.annotation.versioning.ConsumerType;

/** Gives metrics. Called on any thread; quick. */
@ConsumerType
public interface MetricSource {
  /** Emits the current value of each metric. */
  void emit(Sink sink);

  /** Receives metrics. */
  @FunctionalInterface
  interface Sink {
    /**
     * One value.
     *
     * @param name as in Prometheus: unit as suffix, counters end in {@code _total}
     */
    void gauge(String name, Map<String, String> labels, double value);
  }
}
