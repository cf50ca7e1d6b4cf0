// SPDX-License-Identifier: Apache-2.0
package io.margay.core.swap;

import io.margay.api.console.Command;
import io.margay.api.console.CommandException;
import io.margay.api.console.CommandSpec;
import io.margay.api.console.Invocation;
import io.margay.api.console.Output;
import java.util.List;
import org.osgi.framework.Bundle;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/** {@code bundle:uninstall}. */
@Component
public final class BundleUninstall implements Command {
  private static final String NAME = "name";

  private final Deployment deployment;

  @Activate
  public BundleUninstall(@Reference Deployment deployment) {
    this.deployment = deployment;
  }

  @Override
  public CommandSpec spec() {
    return CommandSpec.of(
            "bundle",
            "uninstall",
            "remove a bundle from the running agent, also for its next start")
        .changing()
        .withArgument(NAME, "name of the bundle")
        .withExample("bundle:uninstall com.example.srv6");
  }

  @Override
  public List<String> complete(String name) {
    return name.equals(NAME) ? deployment.names() : List.of();
  }

  @Override
  public void preview(Invocation invocation, Output output) throws CommandException {
    try {
      Bundle bundle = deployment.find(invocation.argument(NAME));
      output.message(
          bundle.getSymbolicName()
              + " "
              + bundle.getVersion()
              + " will be removed from the running agent and from its next start");
    } catch (SwapException e) {
      throw new CommandException(e.getMessage(), e);
    }
  }

  @Override
  public void run(Invocation invocation, Output output)
      throws CommandException, InterruptedException {
    try {
      Bundle bundle = deployment.find(invocation.argument(NAME));
      new SwapFollower(deployment, output)
          .follow(bundle.getSymbolicName(), deployment.uninstall(bundle));
    } catch (SwapException e) {
      throw new CommandException(e.getMessage(), e);
    }
  }
}
