// SPDX-License-Identifier: Apache-2.0
package io.margay.ssh;

import io.margay.api.console.Command;
import io.margay.api.console.CommandException;
import io.margay.api.console.CommandSpec;
import io.margay.api.console.Invocation;
import io.margay.api.console.Output;
import java.io.IOException;
import java.util.List;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/** {@code ssh:remove}: a user may no longer log in, and is sent away. */
@Component
public final class SshRemove implements Command {
  private static final String NAME = "name";

  private record Row(String name, boolean removed, int sessionsEnded) {}

  private final SshConsole console;

  @Activate
  public SshRemove(@Reference SshConsole console) {
    this.console = console;
  }

  @Override
  public CommandSpec spec() {
    return CommandSpec.of("ssh", "remove", "remove a user of the console over SSH with their keys")
        .changing()
        .withArgument(NAME, "name of the user")
        .withRows(Row.class)
        .withExample("ssh:remove bob");
  }

  @Override
  public List<String> complete(String name) {
    return SshUsers.names(console.users());
  }

  @Override
  public void run(Invocation invocation, Output output) throws CommandException {
    String name = invocation.argument(NAME);
    try {
      if (!console.users().remove(name)) {
        throw new CommandException("NAME: " + name + " (expected: one of ssh:users)");
      }
    } catch (IOException e) {
      throw new CommandException(e.getMessage(), e);
    }
    int ended = console.listener().map(listener -> listener.sendAway(name)).orElse(0);
    output.result(
        name + " removed" + (ended > 0 ? ", " + ended + " connections ended" : ""),
        new Row(name, true, ended));
  }
}
