// SPDX-License-Identifier: Apache-2.0
package io.margay.core.swap;

import io.margay.api.console.Command;
import io.margay.api.console.CommandException;
import io.margay.api.console.CommandSpec;
import io.margay.api.console.Invocation;
import io.margay.api.console.Output;
import java.time.Instant;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/** {@code bundle:history}. */
@Component
public final class BundleHistory implements Command {
  private record Row(
      Instant when,
      String action,
      String name,
      String from,
      String to,
      SwapRecord.Outcome outcome,
      long millis,
      String detail) {}

  private final Deployment deployment;

  @Activate
  public BundleHistory(@Reference Deployment deployment) {
    this.deployment = deployment;
  }

  @Override
  public CommandSpec spec() {
    return CommandSpec.of(
            "bundle", "history", "list which bundles were replaced, installed and removed")
        .withRows(Row.class)
        .withExample("bundle:history");
  }

  @Override
  public void run(Invocation invocation, Output output) throws CommandException {
    for (SwapRecord r : deployment.history()) {
      output.row(
          new Row(
              r.when(),
              r.action(),
              r.name(),
              r.from(),
              r.to(),
              r.outcome(),
              r.pauseMillis(),
              r.detail()));
    }
  }
}
