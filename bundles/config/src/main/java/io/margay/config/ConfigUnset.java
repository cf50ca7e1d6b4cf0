// SPDX-License-Identifier: Apache-2.0
package io.margay.config;

import io.margay.api.console.Command;
import io.margay.api.console.CommandException;
import io.margay.api.console.CommandSpec;
import io.margay.api.console.Invocation;
import io.margay.api.console.Output;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/** {@code config:unset}. */
@Component(service = Command.class)
public final class ConfigUnset implements Command {
  private static final String KEY = "key";

  private final ConfigFolder folder;

  @Activate
  public ConfigUnset(@Reference ConfigFolder folder) {
    this.folder = folder;
  }

  @Override
  public CommandSpec spec() {
    return Values.withPid(CommandSpec.of("config", "unset", "go back to the defaults of keys"))
        .changing()
        .withRepeatedArgument(KEY, "a key, as config:list names it")
        .withExample("config:unset io.margay.cni threads");
  }

  @Override
  public List<String> complete(String name) {
    return name.equals(Values.PID)
        ? Values.pids(folder)
        : folder.metatype().settingsByPid().values().stream()
            .flatMap(settings -> settings.keySet().stream())
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
    Map<String, Optional<String>> values = new LinkedHashMap<>();
    invocation.values(KEY).forEach(key -> values.put(key, Optional.empty()));
    if (values.isEmpty()) {
      throw new CommandException("nothing to change (expected: KEY)", 2);
    }
    return Values.of(folder, invocation.argument(Values.PID), values);
  }
}
