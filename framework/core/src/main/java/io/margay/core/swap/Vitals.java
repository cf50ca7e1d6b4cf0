// SPDX-License-Identifier: Apache-2.0
package io.margay.core.swap;

import io.margay.api.health.Health;
import io.margay.api.health.HealthCheck;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;

/**
 * How the node is: what all health checks find, by name the worst. A check that hangs counts as
 * down.
 */
record Vitals(Map<String, Health> findings) {
  private static final long PATIENCE_SECONDS = 5;

  Vitals {
    findings = Map.copyOf(findings);
  }

  /** Asks all checks, each on a thread that may hang. */
  static Vitals of(List<HealthCheck> checks) throws InterruptedException {
    Map<String, Health> findings = new HashMap<>();
    for (HealthCheck check : checks) {
      for (Health health : ask(check)) {
        findings.merge(
            health.name(),
            health,
            (one, other) -> one.status().compareTo(other.status()) >= 0 ? one : other);
      }
    }
    return new Vitals(findings);
  }

  /** What is down now and was not before, in a sentence. */
  Optional<String> worseThan(Vitals before) {
    List<String> worse = new ArrayList<>();
    findings.forEach(
        (name, health) -> {
          Health earlier = before.findings.get(name);
          if (health.status() == Health.Status.DOWN
              && (earlier == null || earlier.status() != Health.Status.DOWN)) {
            worse.add(name + " is down: " + health.detail());
          }
        });
    return worse.isEmpty() ? Optional.empty() : Optional.of(String.join("; ", worse));
  }

  private static List<Health> ask(HealthCheck check) throws InterruptedException {
    String name = check.getClass().getName();
    try {
      return Bounded.within(PATIENCE_SECONDS, "health-check", check::check);
    } catch (TimeoutException e) {
      return List.of(Health.down(name, "the check does not answer in " + PATIENCE_SECONDS + " s"));
    } catch (ExecutionException e) {
      return List.of(Health.down(name, "the check fails: " + e.getCause()));
    }
  }
}
