// SPDX-License-Identifier: Apache-2.0
package io.margay.core.swap;

import io.margay.api.console.Command;
import io.margay.api.console.CommandException;
import io.margay.api.console.CommandSpec;
import io.margay.api.console.Invocation;
import io.margay.api.console.Output;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import org.osgi.framework.Bundle;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/** {@code bundle:swap}. */
@Component
public final class BundleSwap implements Command {
  private static final String NAME = "name";
  private static final String JAR = "jar";
  private static final String DRY_RUN = "dry-run";
  private static final String ACCEPT = "accept";

  private final Deployment deployment;

  @Activate
  public BundleSwap(@Reference Deployment deployment) {
    this.deployment = deployment;
  }

  @Override
  public CommandSpec spec() {
    return CommandSpec.of(
            "bundle", "swap", "replace a bundle by another version of it while it runs")
        .changing()
        .withArgument(NAME, "name of the bundle, such as vxlan")
        .withArgument(JAR, "the new version: a file of the node, or a URL")
        .withOption(Bake.OPTION, "S", "watch it for so many seconds before the old one goes (30)")
        .withFlag(DRY_RUN, "only check, and show what would change in the kernel")
        .withFlag(ACCEPT, "go on although the kernel has to be changed")
        .withExample("bundle:swap vxlan /tmp/io.margay.vxlan-1.0.1.jar --dry-run");
  }

  @Override
  public List<String> complete(String name) {
    return name.equals(NAME) ? deployment.names() : List.of();
  }

  /** What a dry run says. */
  @Override
  public void preview(Invocation invocation, Output output)
      throws CommandException, InterruptedException {
    swap(invocation, true, output);
  }

  @Override
  public void run(Invocation invocation, Output output)
      throws CommandException, InterruptedException {
    swap(invocation, invocation.has(DRY_RUN), output);
  }

  private void swap(Invocation invocation, boolean isDry, Output output)
      throws CommandException, InterruptedException {
    Duration bake = Bake.of(invocation);
    try (JarSource source = JarSource.open(invocation.argument(JAR))) {
      Bundle bundle = deployment.find(invocation.argument(NAME));
      JarFacts jar = JarFacts.read(source.file());
      if (!jar.name().equals(bundle.getSymbolicName())) {
        throw new CommandException(
            "the jar is " + jar.title() + " (expected: " + bundle.getSymbolicName() + ")");
      }
      SwapFollower follower = new SwapFollower(deployment, output);
      Order order = new Order("swap", jar, bake, isDry, invocation.has(ACCEPT), follower::step);
      follower.follow(jar.name(), deployment.submit(order));
    } catch (SwapException e) {
      throw new CommandException(e.getMessage(), e);
    } catch (IOException e) {
      throw new CommandException("temporary file not deleted: " + e.getMessage(), e);
    }
  }
}
