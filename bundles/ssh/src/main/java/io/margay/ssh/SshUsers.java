// SPDX-License-Identifier: Apache-2.0
package io.margay.ssh;

import io.margay.api.console.Command;
import io.margay.api.console.CommandException;
import io.margay.api.console.CommandSpec;
import io.margay.api.console.CommandSpec.Role;
import io.margay.api.console.Invocation;
import io.margay.api.console.Output;
import java.io.IOException;
import java.util.List;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** {@code ssh:users}: who may log in. */
@Component
public final class SshUsers implements Command {
  private static final Logger LOG = LoggerFactory.getLogger(SshUsers.class);

  private record Row(String name, Role role, boolean password, long keys) {}

  private final SshConsole console;

  @Activate
  public SshUsers(@Reference SshConsole console) {
    this.console = console;
  }

  @Override
  public CommandSpec spec() {
    return CommandSpec.of("ssh", "users", "list who may log in by SSH, and how")
        .withRows(Row.class)
        .withExample("ssh:users");
  }

  @Override
  public void run(Invocation invocation, Output output) throws CommandException {
    try {
      for (User user : console.users().all().values()) {
        long keys =
            console
                .users()
                .keysOf(user)
                .lines()
                .filter(line -> !line.isBlank() && !line.startsWith("#"))
                .count();
        output.row(new Row(user.name(), user.role(), user.hash().isPresent(), keys));
      }
    } catch (IOException e) {
      throw new CommandException(e.getMessage(), e);
    }
  }

  /** The names, for those who type. */
  static List<String> names(Users users) {
    try {
      return List.copyOf(users.all().keySet());
    } catch (IOException e) {
      LOG.debug("SSH users not readable", e);
      return List.of();
    }
  }
}
