// SPDX-License-Identifier: Apache-2.0
package io.margay.core.swap;

import io.margay.api.console.Command;
import io.margay.api.console.CommandException;
import io.margay.api.console.CommandSpec;
import io.margay.api.console.Invocation;
import io.margay.api.console.Output;
import java.io.IOException;
import java.time.Duration;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/** {@code bundle:install}. */
@Component
public final class BundleInstall implements Command {
  private static final String JAR = "jar";

  private final Deployment deployment;

  @Activate
  public BundleInstall(@Reference Deployment deployment) {
    this.deployment = deployment;
  }

  @Override
  public CommandSpec spec() {
    return CommandSpec.of(
            "bundle", "install", "add a bundle to the running agent, also for its next start")
        .changing()
        .withArgument(JAR, "a file of the node, or a URL")
        .withOption(Bake.OPTION, "S", "watch it for so many seconds before it counts (30)")
        .withExample("bundle:install /tmp/com.example.srv6-1.0.0.jar");
  }

  @Override
  public void run(Invocation invocation, Output output)
      throws CommandException, InterruptedException {
    Duration bake = Bake.of(invocation);
    try (JarSource source = JarSource.open(invocation.argument(JAR))) {
      JarFacts jar = JarFacts.read(source.file());
      if (deployment.names().contains(jar.name())) {
        throw new CommandException(jar.name() + " is there already: bundle:swap replaces it");
      }
      SwapFollower follower = new SwapFollower(deployment, output);
      Order order = new Order("install", jar, bake, false, true, follower::step);
      follower.follow(jar.name(), deployment.submit(order));
    } catch (SwapException e) {
      throw new CommandException(e.getMessage(), e);
    } catch (IOException e) {
      throw new CommandException("temporary file not deleted: " + e.getMessage(), e);
    }
  }
}
