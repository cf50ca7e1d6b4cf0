// SPDX-License-Identifier: Apache-2.0
package io.margay.console.bundle;

import io.margay.api.console.Command;
import io.margay.api.console.CommandSpec;
import io.margay.api.console.Invocation;
import io.margay.api.console.Output;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;

/** {@code bundle:list}. */
@Component
public final class BundleList implements Command {
  private record Row(long id, String state, String version, String name) {}

  private final BundleContext context;

  @Activate
  public BundleList(BundleContext context) {
    this.context = context;
  }

  @Override
  public CommandSpec spec() {
    return CommandSpec.of("bundle", "list", "list the bundles that the agent is made of")
        .withRows(Row.class)
        .withExample("bundle:list | grep io.margay");
  }

  @Override
  public void run(Invocation invocation, Output output) {
    for (Bundle bundle : context.getBundles()) {
      output.row(
          new Row(
              bundle.getBundleId(),
              Bundles.state(bundle),
              bundle.getVersion().toString(),
              Bundles.name(bundle)));
    }
  }
}
