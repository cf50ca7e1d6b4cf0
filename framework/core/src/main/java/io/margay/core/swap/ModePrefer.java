// SPDX-License-Identifier: Apache-2.0
package io.margay.core.swap;

import io.margay.api.console.Command;
import io.margay.api.console.CommandException;
import io.margay.api.console.CommandSpec;
import io.margay.api.console.Invocation;
import io.margay.api.console.Output;
import io.margay.api.dataplane.Change;
import io.margay.core.ModeState;
import java.util.List;
import java.util.concurrent.ExecutionException;
import org.osgi.framework.Bundle;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/** {@code mode:prefer}. */
@Component
public final class ModePrefer implements Command {
  private static final String MODE = "mode";
  private static final String BUNDLE = "bundle";
  private static final String ACCEPT = "accept";

  private record Preferred(String mode, String bundle, int changes) {}

  private final Deployment deployment;

  @Activate
  public ModePrefer(@Reference Deployment deployment) {
    this.deployment = deployment;
  }

  @Override
  public CommandSpec spec() {
    return CommandSpec.of(
            "mode", "prefer", "choose which of several bundles that provide a mode plans for it")
        .changing()
        .withArgument(MODE, "name of the mode")
        .withArgument(BUNDLE, "name of the bundle")
        .withFlag(ACCEPT, "go on although the kernel has to be changed")
        .withExample("mode:prefer vxlan com.example.vxlan");
  }

  @Override
  public List<String> complete(String name) {
    return name.equals(BUNDLE) ? deployment.names() : List.of();
  }

  @Override
  public void run(Invocation invocation, Output output)
      throws CommandException, InterruptedException {
    String mode = invocation.argument(MODE);
    try {
      Bundle bundle = deployment.find(invocation.argument(BUNDLE));
      List<ModeState> providers =
          deployment.modes().states().stream().filter(m -> m.mode().equals(mode)).toList();
      if (providers.stream().noneMatch(m -> m.provider().id() == bundle.getBundleId())) {
        throw new CommandException(
            bundle.getSymbolicName()
                + " does not provide mode "
                + mode
                + " (expected: one of "
                + providers.stream().map(m -> m.provider().name()).toList()
                + ")");
      }
      List<Change> changes = deployment.modes().rehearse(bundle);
      changes.forEach(c -> output.message("  " + c));
      if (!changes.isEmpty() && !invocation.has(ACCEPT)) {
        throw new CommandException(
            bundle.getSymbolicName()
                + " would make "
                + changes.size()
                + " changes to the kernel; --accept lets it");
      }
      deployment.prefer(mode, bundle).get();
      output.result(
          "mode " + mode + " is planned by " + bundle.getSymbolicName(),
          new Preferred(mode, bundle.getSymbolicName(), changes.size()));
    } catch (SwapException e) {
      throw new CommandException(e.getMessage(), e);
    } catch (ExecutionException e) {
      throw new CommandException(e.getCause().getMessage(), e);
    }
  }
}
