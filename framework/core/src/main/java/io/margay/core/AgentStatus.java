// SPDX-License-Identifier: Apache-2.0
package io.margay.core;

import io.margay.api.health.Health;
import java.util.List;
import java.util.Optional;

/**
 * How the agent is, for readers on other threads. Immutable.
 *
 * @param notReady why pods cannot be served
 * @param podsAtRisk why pods that run may lose their network; empty when {@code notReady} is
 * @param gauges numbers for metrics
 */
record AgentStatus(
    Optional<String> notReady,
    Optional<String> podsAtRisk,
    int podMtuBytes,
    String interfacePrefix,
    List<Health> health,
    List<Gauge> gauges) {
  AgentStatus {
    health = List.copyOf(health);
    gauges = List.copyOf(gauges);
  }
}
