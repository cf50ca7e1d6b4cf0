// SPDX-License-Identifier: Apache-2.0
package io.margay.itests.sharing;

import io.margay.api.console.Command;
import io.margay.api.console.CommandException;
import io.margay.api.console.CommandSpec;
import io.margay.api.console.Invocation;
import io.margay.api.console.Output;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.List;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleException;
import org.osgi.framework.FrameworkUtil;

/** The command {@code test:bundle}, which stops a bundle of a running agent, or starts it. */
public final class BundleStop implements Command {
  private static final String COMPONENT =
      """
      <scr:component xmlns:scr="http://www.osgi.org/xmlns/scr/v1.4.0" name="bundle-stop">
        <service><provide interface="io.margay.api.console.Command"/></service>
        <implementation class="io.margay.itests.sharing.BundleStop"/>
      </scr:component>
      """;

  /** Adds it to a copy of the distribution, as the last bundle. */
  public static void addTo(Path home) throws IOException {
    String line =
        TestBundle.write(
            home, BundleStop.class, COMPONENT, "io.margay.api.console", "org.osgi.framework");
    Files.write(home.resolve("bundles.lock"), List.of(line), StandardOpenOption.APPEND);
  }

  @Override
  public CommandSpec spec() {
    return CommandSpec.of("test", "bundle", "stop or start a bundle")
        .withArgument("verb", "stop or start")
        .withArgument("bundle", "its symbolic name");
  }

  @Override
  public void run(Invocation invocation, Output output) throws CommandException {
    String name = invocation.argument("bundle");
    Bundle bundle =
        Arrays.stream(FrameworkUtil.getBundle(getClass()).getBundleContext().getBundles())
            .filter(b -> name.equals(b.getSymbolicName()))
            .findFirst()
            .orElseThrow(() -> new CommandException("there is no bundle " + name));
    try {
      if (invocation.argument("verb").equals("stop")) {
        bundle.stop();
      } else {
        bundle.start();
      }
    } catch (BundleException e) {
      throw new CommandException(e.getMessage(), e);
    }
  }
}
