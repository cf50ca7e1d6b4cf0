// SPDX-License-Identifier: Apache-2.0
package io.margay.metrics;

import io.margay.api.health.Health;
import io.margay.api.health.HealthCheck;
import io.margay.api.node.NodeAgent;
import io.margay.api.store.Store;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/** The answers to {@code /livez} and {@code /readyz}. */
final class Probes {
  /**
   * An answer.
   *
   * @param isGood 200, else 503
   * @param text a line for each thing that is wrong; {@code ok} when nothing is
   */
  record Answer(boolean isGood, String text) {
    static Answer of(List<String> problems) {
      return problems.isEmpty()
          ? new Answer(true, "ok\n")
          : new Answer(false, problems.stream().map(p -> p + "\n").collect(Collectors.joining()));
    }
  }

  /** The finding that says that the dataplane's thread hangs; a restart is what helps then. */
  private static final String KERNEL_THREAD = "kernel";

  private Probes() {}

  private static String text(Health finding) {
    return finding.name() + ": " + finding.detail();
  }

  /**
   * Whether the process does its work. What is down around it is no reason to restart it: that
   * would repair nothing.
   */
  static Answer live(Optional<NodeAgent> agent, List<HealthCheck> checks) {
    List<String> problems = new ArrayList<>();
    if (agent.isEmpty()) {
      problems.add("agent: does not run");
    }
    findings(checks).stream()
        .filter(h -> h.name().equals(KERNEL_THREAD) && h.status() == Health.Status.DOWN)
        .map(Probes::text)
        .forEach(problems::add);
    return Answer.of(problems);
  }

  /** Whether pods can be served, the store can be read, and nothing is down. */
  static Answer ready(Optional<NodeAgent> agent, Optional<Store> store, List<HealthCheck> checks) {
    List<String> problems = new ArrayList<>();
    if (agent.isEmpty()) {
      problems.add("agent: does not run");
    }
    if (store.isEmpty()) {
      problems.add("store: no bundle provides it");
    }
    agent.flatMap(NodeAgent::notReady).ifPresent(why -> problems.add("agent: " + why));
    findings(checks).stream()
        .filter(h -> h.status() == Health.Status.DOWN)
        .map(Probes::text)
        .forEach(problems::add);
    return Answer.of(problems.stream().distinct().toList());
  }

  /** What all checks find; one that fails is itself down. */
  static List<Health> findings(List<HealthCheck> checks) {
    List<Health> findings = new ArrayList<>();
    for (HealthCheck check : checks) {
      try {
        findings.addAll(check.check());
      } catch (RuntimeException e) {
        // A vendor's bug: that check is down, the others are still to be heard.
        findings.add(Health.down(check.getClass().getName(), "the check failed: " + e));
      }
    }
    return findings;
  }
}
