// SPDX-License-Identifier: Apache-2.0
package io.margay.config;

import io.margay.api.console.Command;
import io.margay.api.console.CommandException;
import io.margay.api.console.CommandSpec;
import io.margay.api.console.Invocation;
import io.margay.api.console.Output;
import java.util.List;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/** {@code config:set}. */
@Component(service = Command.class)
public final class ConfigSet implements Command {
  private static final String VALUE = "key=value";

  private final ConfigFolder folder;

  @Activate
  public ConfigSet(@Reference ConfigFolder folder) {
    this.folder = folder;
  }

  @Override
  public CommandSpec spec() {
    return Values.withPid(
            CommandSpec.of("config", "set", "change values, all of them or none, in the file too"))
        .changing()
        .withRepeatedArgument(VALUE, "the new value of a key, as config:list names it")
        .withExample("config:set io.margay.cni threads=16")
        .withExample("config:set io.margay.metrics enabled=true port=9092");
  }

  @Override
  public List<String> complete(String name) {
    return name.equals(Values.PID)
        ? Values.pids(folder)
        : folder.metatype().settingsByPid().values().stream()
            .flatMap(settings -> settings.keySet().stream())
            .map(key -> key + "=")
            .distinct()
            .sorted()
            .toList();
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
    if (invocation.values(VALUE).isEmpty()) {
      throw new CommandException("nothing to change (expected: KEY=VALUE)", 2);
    }
    return Values.of(folder, invocation.argument(Values.PID), Values.pairs(invocation, VALUE));
  }
}
