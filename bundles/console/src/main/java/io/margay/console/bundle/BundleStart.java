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

/** {@code bundle:start}. */
@Component
public final class BundleStart implements Command {
  private static final String NAME = "name";

  private final BundleContext context;
  private final Diagnosis diagnosis;

  @Activate
  public BundleStart(BundleContext context, @Reference ServiceComponentRuntime components) {
    this.context = context;
    this.diagnosis = new Diagnosis(context, components);
  }

  @Override
  public CommandSpec spec() {
    return CommandSpec.of("bundle", "start", "start a bundle that was stopped")
        .changing()
        .withArgument(NAME, "name of the bundle, such as vxlan")
        .withRows(Running.class)
        .withExample("bundle:start vxlan");
  }

  @Override
  public List<String> complete(String name) {
    return name.equals(NAME) ? Bundles.names(context) : List.of();
  }

  @Override
  public void preview(Invocation invocation, Output output) throws CommandException {
    Bundle bundle = Bundles.find(context, invocation.argument(NAME));
    BundleWork.checkStartable(bundle);
    output.message(Bundles.name(bundle) + " " + bundle.getVersion() + " will be started");
  }

  @Override
  public void run(Invocation invocation, Output output)
      throws CommandException, InterruptedException {
    Bundle bundle = Bundles.find(context, invocation.argument(NAME));
    BundleWork.checkStartable(bundle);
    BundleWork.start(bundle);
    Running.of(bundle, diagnosis).say(output);
  }
}
