// SPDX-License-Identifier: Apache-2.0
package io.margay.console.bundle;

import io.margay.api.console.Command;
import io.margay.api.console.CommandException;
import io.margay.api.console.CommandSpec;
import io.margay.api.console.Invocation;
import io.margay.api.console.Output;
import java.util.List;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.runtime.ServiceComponentRuntime;

/** {@code bundle:restart}. */
@Component
public final class BundleRestart implements Command {
  private static final String NAME = "name";

  private final BundleContext context;
  private final Diagnosis diagnosis;

  @Activate
  public BundleRestart(BundleContext context, @Reference ServiceComponentRuntime components) {
    this.context = context;
    this.diagnosis = new Diagnosis(context, components);
  }

  @Override
  public CommandSpec spec() {
    return CommandSpec.of("bundle", "restart", "stop a bundle and start it again")
        .changing()
        .withArgument(NAME, "name of the bundle, such as bgp")
        .withRows(Running.class)
        .withExample("bundle:restart bgp");
  }

  @Override
  public List<String> complete(String name) {
    return name.equals(NAME) ? Bundles.names(context) : List.of();
  }

  @Override
  public void preview(Invocation invocation, Output output) throws CommandException {
    Bundle bundle = restartable(invocation);
    output.message(
        Bundles.name(bundle)
            + " "
            + bundle.getVersion()
            + " will be stopped and started again; what is in the kernel stays");
  }

  @Override
  public void run(Invocation invocation, Output output)
      throws CommandException, InterruptedException {
    Bundle bundle = restartable(invocation);
    BundleWork.stop(bundle);
    BundleWork.start(bundle);
    Running.of(bundle, diagnosis).say(output);
  }

  private Bundle restartable(Invocation invocation) throws CommandException {
    Bundle bundle = Bundles.find(context, invocation.argument(NAME));
    BundleWork.checkStoppable(context, bundle);
    BundleWork.checkStartable(bundle);
    return bundle;
  }
}
