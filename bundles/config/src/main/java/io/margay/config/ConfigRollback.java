// SPDX-License-Identifier: Apache-2.0
package io.margay.config;

import io.margay.api.console.Command;
import io.margay.api.console.CommandException;
import io.margay.api.console.CommandSpec;
import io.margay.api.console.Invocation;
import io.margay.api.console.Output;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/** {@code config:rollback}. */
@Component(service = Command.class)
public final class ConfigRollback implements Command {
  private static final String NUMBER = "number";

  private final ConfigFolder folder;

  @Activate
  public ConfigRollback(@Reference ConfigFolder folder) {
    this.folder = folder;
  }

  @Override
  public CommandSpec spec() {
    return CommandSpec.of("config", "rollback", "make a file as it was before a change")
        .changing()
        .withOptionalArgument(NUMBER, "of the change, see config:history; the latest if not given")
        .withExample("config:rollback")
        .withExample("config:rollback 7");
  }

  @Override
  public List<String> complete(String name) {
    try {
      return folder.history().stream().map(c -> Long.toString(c.number())).toList();
    } catch (IOException e) {
      return List.of(); // Nothing to offer; the command itself will say why.
    }
  }

  @Override
  public void preview(Invocation invocation, Output output) throws CommandException {
    values(invocation).preview(output);
  }

  @Override
  public void run(Invocation invocation, Output output)
      throws CommandException, InterruptedException {
    values(invocation).apply(output);
  }

  private Values values(Invocation invocation) throws CommandException {
    List<Change> changes;
    try {
      changes = folder.history();
    } catch (IOException e) {
      throw new CommandException("history not readable: " + e.getMessage(), e);
    }
    Optional<String> number = invocation.value(NUMBER);
    Change change =
        changes.stream()
            .filter(c -> number.isEmpty() || Long.toString(c.number()).equals(number.get()))
            .reduce((first, second) -> second)
            .orElseThrow(
                () ->
                    new CommandException(
                        number
                            .map(n -> "there is no change " + n + " (see config:history)")
                            .orElse("nothing was changed yet")));
    return Values.of(folder, change.file().replaceFirst("\\.cfg$", ""), change.before());
  }
}
