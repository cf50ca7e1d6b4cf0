// SPDX-License-Identifier: Apache-2.0
package io.margay.config;

import io.margay.api.console.Command;
import io.margay.api.console.CommandException;
import io.margay.api.console.CommandSpec;
import io.margay.api.console.Invocation;
import io.margay.api.console.Output;
import java.io.IOException;
import java.time.Instant;
import java.util.List;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/** {@code config:history}. */
@Component(service = Command.class)
public final class ConfigHistory implements Command {
  private record Row(long number, Instant when, String by, String file, List<String> changes) {}

  private final ConfigFolder folder;

  @Activate
  public ConfigHistory(@Reference ConfigFolder folder) {
    this.folder = folder;
  }

  @Override
  public CommandSpec spec() {
    return CommandSpec.of("config", "history", "list the latest changes of the configuration")
        .withRows(Row.class)
        .withExample("config:history");
  }

  @Override
  public void run(Invocation invocation, Output output) throws CommandException {
    try {
      for (Change change : folder.history()) {
        output.row(
            new Row(
                change.number(),
                change.when(),
                change.by(),
                change.file(),
                Change.lines(
                    CfgFile.values(change.before().orElse("")),
                    CfgFile.values(change.after().orElse("")))));
      }
    } catch (IOException e) {
      throw new CommandException("history not readable: " + e.getMessage(), e);
    }
  }
}
