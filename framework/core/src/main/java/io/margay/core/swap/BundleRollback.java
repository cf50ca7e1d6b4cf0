// SPDX-License-Identifier: Apache-2.0
package io.margay.core.swap;

import io.margay.api.console.Command;
import io.margay.api.console.CommandException;
import io.margay.api.console.CommandSpec;
import io.margay.api.console.Invocation;
import io.margay.api.console.Output;
import java.time.Duration;
import java.util.List;
import org.osgi.framework.Bundle;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/** {@code bundle:rollback}. */
@Component
public final class BundleRollback implements Command {
  private static final String NAME = "name";
  private static final String ACCEPT = "accept";

  private final Deployment deployment;

  @Activate
  public BundleRollback(@Reference Deployment deployment) {
    this.deployment = deployment;
  }

  @Override
  public CommandSpec spec() {
    return CommandSpec.of(
            "bundle", "rollback", "go back to the version of a bundle that ran before")
        .changing()
        .withArgument(NAME, "name of the bundle")
        .withOption(Bake.OPTION, "S", "watch it for so many seconds before the other goes (30)")
        .withFlag(ACCEPT, "go on although the kernel has to be changed")
        .withExample("bundle:rollback vxlan");
  }

  @Override
  public List<String> complete(String name) {
    return name.equals(NAME) ? deployment.names() : List.of();
  }

  @Override
  public void run(Invocation invocation, Output output)
      throws CommandException, InterruptedException {
    Duration bake = Bake.of(invocation);
    try {
      Bundle bundle = deployment.find(invocation.argument(NAME));
      JarFacts jar = JarFacts.read(deployment.previous(bundle));
      SwapFollower follower = new SwapFollower(deployment, output);
      Order order =
          new Order(Order.ROLLBACK, jar, bake, false, invocation.has(ACCEPT), follower::step);
      follower.follow(jar.name(), deployment.submit(order));
    } catch (SwapException e) {
      throw new CommandException(e.getMessage(), e);
    }
  }
}
