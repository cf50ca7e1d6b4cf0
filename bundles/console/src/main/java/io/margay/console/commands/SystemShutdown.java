// SPDX-License-Identifier: Apache-2.0
package io.margay.console.commands;

import io.margay.api.console.Command;
import io.margay.api.console.CommandSpec;
import io.margay.api.console.Invocation;
import io.margay.api.console.Output;
import io.margay.api.node.NodeProperties;
import org.osgi.framework.BundleContext;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** {@code system:shutdown}: as SIGTERM does it. */
@Component
public final class SystemShutdown implements Command {
  private static final Logger LOG = LoggerFactory.getLogger(SystemShutdown.class);

  /** Its process has this id where systemd has started it itself. systemd.exec(5). */
  private static final String OF_SYSTEMD = "SYSTEMD_EXEC_PID";

  private record Row(String node, boolean startsAgain) {}

  private final String node;
  private final boolean startsAgain =
      Long.toString(ProcessHandle.current().pid()).equals(System.getenv(OF_SYSTEMD));

  @Activate
  public SystemShutdown(BundleContext context) {
    this.node = context.getProperty(NodeProperties.NODE);
  }

  @Override
  public CommandSpec spec() {
    return CommandSpec.of("system", "shutdown", "stop the agent; packets of pods go on")
        .changing()
        .withRows(Row.class)
        .withExample("system:shutdown --yes");
  }

  @Override
  public void preview(Invocation invocation, Output output) {
    output.message(text("will stop"));
  }

  /** The process waits some seconds for this line to end, so that its reader gets all of it. */
  @Override
  public void run(Invocation invocation, Output output) {
    LOG.info("Agent stops, an operator wants it");
    output.result(text("stops"), new Row(node, startsAgain));
    // Its hook stops the bundles, and ends the process also when one of them hangs.
    new Thread(() -> System.exit(0), "shutdown").start();
  }

  private String text(String verb) {
    return "the agent of "
        + node
        + " "
        + verb
        + ": packets of pods go on; until it runs again pods can be neither made nor removed, and"
        + " nothing that changes elsewhere is followed here"
        + (startsAgain
            ? "; systemd starts it again at once (systemctl stop margay keeps it stopped)"
            : "; whoever started it must start it again");
  }
}
