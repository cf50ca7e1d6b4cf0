// SPDX-License-Identifier: Apache-2.0
package io.margay.core.swap;

import io.margay.api.console.Command;
import io.margay.api.console.CommandException;
import io.margay.api.console.CommandSpec;
import io.margay.api.console.Invocation;
import io.margay.api.console.Output;
import java.util.List;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/** {@code feature:list}. */
@Component
public final class FeatureList implements Command {
  private record Row(
      String name, String version, String installed, int bundles, String description) {}

  private final Deployment deployment;

  @Activate
  public FeatureList(@Reference Deployment deployment) {
    this.deployment = deployment;
  }

  @Override
  public CommandSpec spec() {
    return CommandSpec.of("feature", "list", "list the sets of bundles of etc/features.json")
        .withRows(Row.class)
        .withExample("feature:list");
  }

  @Override
  public void run(Invocation invocation, Output output) throws CommandException {
    try {
      for (Features.Feature feature : deployment.features().features()) {
        long there = there(feature.bundles());
        String installed = there == feature.bundles().size() ? "yes" : there == 0 ? "no" : "partly";
        output.row(
            new Row(
                feature.name(),
                feature.version(),
                installed,
                feature.bundles().size(),
                feature.description()));
      }
    } catch (SwapException e) {
      throw new CommandException(e.getMessage(), e);
    }
  }

  private long there(List<Features.Item> items) throws SwapException {
    long there = 0;
    for (Features.Item item : items) {
      there += deployment.runs(item.read()) ? 1 : 0;
    }
    return there;
  }
}
