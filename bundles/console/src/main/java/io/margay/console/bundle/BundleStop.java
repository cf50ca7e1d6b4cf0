// SPDX-License-Identifier: Apache-2.0
package io.margay.console.bundle;

import io.margay.api.console.Command;
import io.margay.api.console.CommandException;
import io.margay.api.console.CommandSpec;
import io.margay.api.console.Invocation;
import io.margay.api.console.Output;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;

/** {@code bundle:stop}. Who did something with the bundle's services is named. */
@Component
public final class BundleStop implements Command {
  private static final String NAME = "name";

  private record Row(String bundle, String state, Map<String, Set<String>> withoutIt) {}

  private final BundleContext context;

  @Activate
  public BundleStop(BundleContext context) {
    this.context = context;
  }

  @Override
  public CommandSpec spec() {
    return CommandSpec.of("bundle", "stop", "stop a bundle until the agent's next start")
        .changing()
        .withArgument(NAME, "name of the bundle, such as vxlan")
        .withRows(Row.class)
        .withExample("bundle:stop vxlan");
  }

  @Override
  public List<String> complete(String name) {
    return name.equals(NAME) ? Bundles.names(context) : List.of();
  }

  @Override
  public void preview(Invocation invocation, Output output) throws CommandException {
    Bundle bundle = stoppable(invocation);
    output.message(
        Bundles.name(bundle)
            + " will be stopped until bundle:start or the agent's next start; what is in the kernel"
            + " stays, and packets of pods go on"
            + text(Bundles.users(bundle)));
  }

  @Override
  public void run(Invocation invocation, Output output)
      throws CommandException, InterruptedException {
    Bundle bundle = stoppable(invocation);
    Map<String, Set<String>> users = Bundles.users(bundle);
    BundleWork.stop(bundle);
    String state = Bundles.state(bundle);
    output.result(
        Bundles.name(bundle) + " is stopped until bundle:start" + text(users),
        new Row(Bundles.name(bundle), state, users));
  }

  private Bundle stoppable(Invocation invocation) throws CommandException {
    Bundle bundle = Bundles.find(context, invocation.argument(NAME));
    BundleWork.checkStoppable(context, bundle);
    return bundle;
  }

  private static String text(Map<String, Set<String>> users) {
    return users.entrySet().stream()
        .map(e -> "\n  " + e.getKey() + " is without " + String.join(", ", e.getValue()))
        .collect(Collectors.joining());
  }
}
