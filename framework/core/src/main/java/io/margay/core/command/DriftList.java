// SPDX-License-Identifier: Apache-2.0
package io.margay.core.command;

import io.margay.api.console.Command;
import io.margay.api.console.CommandSpec;
import io.margay.api.console.Invocation;
import io.margay.api.console.Output;
import io.margay.api.dataplane.Dataplane;
import io.margay.api.dataplane.Drift;
import java.time.Instant;
import java.util.Comparator;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/** {@code dataplane:drift}. */
@Component
public final class DriftList implements Command {
  private record Row(Instant when, String owner, String state, String change, String detail) {}

  private final Dataplane dataplane;

  @Activate
  public DriftList(@Reference Dataplane dataplane) {
    this.dataplane = dataplane;
  }

  @Override
  public CommandSpec spec() {
    return CommandSpec.of(
            "dataplane", "drift", "list what the kernel refuses and what others changed lately")
        .withRows(Row.class)
        .withExample("dataplane:drift");
  }

  @Override
  public void run(Invocation invocation, Output output) {
    dataplane.drift().stream()
        .sorted(Comparator.comparing(Drift::when).thenComparing(Drift::owner))
        .forEach(
            d ->
                output.row(
                    new Row(
                        d.when(),
                        d.owner().name(),
                        d.repaired() ? "repaired" : "open",
                        d.what().toString(),
                        d.detail())));
  }
}
