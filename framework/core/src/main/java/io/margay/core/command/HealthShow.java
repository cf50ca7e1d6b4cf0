// SPDX-License-Identifier: Apache-2.0
package io.margay.core.command;

import io.margay.api.console.Command;
import io.margay.api.console.CommandException;
import io.margay.api.console.CommandSpec;
import io.margay.api.console.Invocation;
import io.margay.api.console.Output;
import io.margay.api.health.Health;
import io.margay.api.health.HealthCheck;
import io.margay.api.node.NodeAgent;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** {@code health}: what every bundle says about itself. */
@Component
public final class HealthShow implements Command {
  private static final Logger LOG = LoggerFactory.getLogger(HealthShow.class);

  private record Row(Health.Status status, String name, String detail) {}

  @Reference(policy = ReferencePolicy.DYNAMIC)
  private volatile List<HealthCheck> checks = List.of();

  @Reference(cardinality = ReferenceCardinality.OPTIONAL, policy = ReferencePolicy.DYNAMIC)
  private volatile NodeAgent agent;

  @Activate
  public HealthShow() {}

  @Override
  public CommandSpec spec() {
    return CommandSpec.of("margay", "health", "say how this node is; exit code 1 when it is down")
        .withRows(Row.class)
        .withExample("health");
  }

  @Override
  public void run(Invocation invocation, Output output) throws CommandException {
    List<Health> findings = findings();
    findings.forEach(h -> output.row(new Row(h.status(), h.name(), h.detail())));
    if (findings.stream().anyMatch(h -> h.status() == Health.Status.DOWN)) {
      throw new CommandException("node is down");
    }
  }

  /** Findings of all checks, the worst first. */
  private List<Health> findings() {
    List<Health> findings = new ArrayList<>();
    if (agent == null) {
      findings.add(
          Health.down("agent", "does not run: its configuration was refused, see the log"));
    }
    for (HealthCheck check : checks) {
      try {
        findings.addAll(check.check());
      } catch (RuntimeException e) {
        // A vendor's bug: that check is down, the others are still to be heard.
        LOG.warn("Health check failed check={}", check.getClass().getName(), e);
        findings.add(Health.down(check.getClass().getName(), "the check failed: " + e));
      }
    }
    findings.sort(Comparator.comparing(Health::status).reversed().thenComparing(Health::name));
    return findings;
  }
}
