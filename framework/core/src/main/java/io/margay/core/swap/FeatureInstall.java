// SPDX-License-Identifier: Apache-2.0
package io.margay.core.swap;

import io.margay.api.console.Command;
import io.margay.api.console.CommandException;
import io.margay.api.console.CommandSpec;
import io.margay.api.console.Invocation;
import io.margay.api.console.Output;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/** {@code feature:install}: all bundles of a feature, or none. */
@Component
public final class FeatureInstall implements Command {
  static final String NAME = "name";

  private record Installed(String feature, List<String> bundles) {}

  private final Deployment deployment;

  @Activate
  public FeatureInstall(@Reference Deployment deployment) {
    this.deployment = deployment;
  }

  @Override
  public CommandSpec spec() {
    return CommandSpec.of("feature", "install", "install the bundles of a feature, all or none")
        .changing()
        .withArgument(NAME, "name of the feature")
        .withOption(Bake.OPTION, "S", "watch each for so many seconds before it counts (30)")
        .withExample("feature:install srv6");
  }

  @Override
  public List<String> complete(String name) {
    return name.equals(NAME) ? deployment.featureNames() : List.of();
  }

  @Override
  public void run(Invocation invocation, Output output)
      throws CommandException, InterruptedException {
    Duration bake = Bake.of(invocation);
    Deque<String> installed = new ArrayDeque<>();
    try {
      Features.Feature feature = deployment.features().named(invocation.argument(NAME));
      List<JarFacts> jars = new ArrayList<>();
      for (Features.Item item : feature.bundles()) {
        jars.add(item.read()); // All of them, before the first is installed.
      }
      for (JarFacts jar : jars) {
        if (!deployment.runs(jar)) {
          install(jar, bake, output);
          installed.push(jar.name());
        }
      }
      output.result(
          "feature " + feature.name() + " " + feature.version() + " is installed",
          new Installed(feature.name(), List.copyOf(installed)));
    } catch (SwapException | CommandException e) {
      for (String name : installed) {
        takeBack(name, output);
      }
      throw new CommandException(e.getMessage() + "; nothing of the feature is installed", e);
    }
  }

  private void install(JarFacts jar, Duration bake, Output output)
      throws SwapException, CommandException, InterruptedException {
    if (deployment.names().contains(jar.name())) {
      throw new SwapException(jar.name() + " is there in another version: bundle:swap replaces it");
    }
    SwapFollower follower = new SwapFollower(deployment, output);
    Order order = new Order("install", jar, bake, false, true, follower::step);
    follower.follow(jar.name(), deployment.submit(order));
  }

  private void takeBack(String name, Output output) throws InterruptedException {
    try {
      new SwapFollower(deployment, output)
          .follow(name, deployment.uninstall(deployment.find(name)));
    } catch (SwapException | CommandException e) {
      output.message(name + " stays: " + e.getMessage());
    }
  }
}
