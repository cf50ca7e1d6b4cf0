// SPDX-License-Identifier: Apache-2.0
package io.margay.core.swap;

import io.margay.api.console.Command;
import io.margay.api.console.CommandException;
import io.margay.api.console.CommandSpec;
import io.margay.api.console.Invocation;
import io.margay.api.console.Output;
import java.util.ArrayList;
import java.util.List;
import org.osgi.framework.Bundle;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/** {@code feature:uninstall}. */
@Component
public final class FeatureUninstall implements Command {
  private final Deployment deployment;

  @Activate
  public FeatureUninstall(@Reference Deployment deployment) {
    this.deployment = deployment;
  }

  @Override
  public CommandSpec spec() {
    return CommandSpec.of("feature", "uninstall", "remove the bundles of a feature")
        .changing()
        .withArgument(FeatureInstall.NAME, "name of the feature")
        .withExample("feature:uninstall srv6");
  }

  @Override
  public List<String> complete(String name) {
    return name.equals(FeatureInstall.NAME) ? deployment.featureNames() : List.of();
  }

  @Override
  public void run(Invocation invocation, Output output)
      throws CommandException, InterruptedException {
    try {
      Features.Feature feature =
          deployment.features().named(invocation.argument(FeatureInstall.NAME));
      List<Bundle> bundles = new ArrayList<>();
      for (Features.Item item : feature.bundles()) {
        JarFacts jar = item.read();
        if (deployment.runs(jar)) {
          bundles.add(0, deployment.find(jar.name())); // What came last goes first.
        }
      }
      for (Bundle bundle : bundles) {
        deployment.checkRemovable(bundle); // Of all, before the first goes.
      }
      for (Bundle bundle : bundles) {
        new SwapFollower(deployment, output)
            .follow(bundle.getSymbolicName(), deployment.uninstall(bundle));
      }
      if (bundles.isEmpty()) {
        throw new CommandException("nothing of the feature " + feature.name() + " is installed");
      }
    } catch (SwapException e) {
      throw new CommandException(e.getMessage(), e);
    }
  }
}
