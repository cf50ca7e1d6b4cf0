// SPDX-License-Identifier: Apache-2.0
package io.margay.console.commands;

import io.margay.api.console.Command;
import io.margay.api.console.CommandSpec;
import io.margay.api.console.Invocation;
import io.margay.api.console.Output;
import java.util.Map;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.Constants;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;

/** {@code bundle:list}. */
@Component
public final class BundleList implements Command {
  private static final Map<Integer, String> STATES =
      Map.of(
          Bundle.UNINSTALLED, "UNINSTALLED",
          Bundle.INSTALLED, "INSTALLED",
          Bundle.RESOLVED, "RESOLVED",
          Bundle.STARTING, "STARTING",
          Bundle.STOPPING, "STOPPING",
          Bundle.ACTIVE, "ACTIVE");

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
              bundle.getBundleId(), state(bundle), bundle.getVersion().toString(), name(bundle)));
    }
  }

  private static String name(Bundle bundle) {
    String name = bundle.getSymbolicName();
    return name == null ? bundle.getLocation() : name;
  }

  /** A fragment is never active: that it is attached is as good. */
  private static String state(Bundle bundle) {
    boolean fragment = bundle.getHeaders("").get(Constants.FRAGMENT_HOST) != null;
    String state = STATES.getOrDefault(bundle.getState(), "UNKNOWN");
    return fragment && state.equals("RESOLVED") ? "ATTACHED" : state;
  }
}
