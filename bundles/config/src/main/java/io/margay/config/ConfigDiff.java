// SPDX-License-Identifier: Apache-2.0
package io.margay.config;

import io.margay.api.console.Command;
import io.margay.api.console.CommandException;
import io.margay.api.console.CommandSpec;
import io.margay.api.console.Invocation;
import io.margay.api.console.Output;
import io.margay.launcher.settings.Setting;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/** {@code config:diff}: what is not as it comes. */
@Component(service = Command.class)
public final class ConfigDiff implements Command {
  private record Row(String pid, String key, String default_, String value) {}

  private final ConfigFolder folder;

  @Activate
  public ConfigDiff(@Reference ConfigFolder folder) {
    this.folder = folder;
  }

  @Override
  public CommandSpec spec() {
    return CommandSpec.of("config", "diff", "list the keys that differ from their defaults")
        .withOptionalArgument(Values.PID, "only this part, such as io.margay.core")
        .withRows(Row.class)
        .withExample("config:diff");
  }

  @Override
  public List<String> complete(String name) {
    return Values.pids(folder);
  }

  @Override
  public void run(Invocation invocation, Output output) throws CommandException {
    Optional<String> wanted = invocation.value(Values.PID);
    Map<String, Map<String, Setting>> known = folder.metatype().settingsByPid();
    try {
      folder
          .values()
          .forEach(
              (file, values) -> {
                String pid = file.replaceFirst("\\.cfg$", "");
                Map<String, Setting> settings = known.getOrDefault(Values.base(pid), Map.of());
                if (wanted.map(Values.base(pid)::equals).orElse(true)) {
                  diff(pid, values, settings, output);
                }
              });
    } catch (IOException e) {
      throw new CommandException("configuration not readable: " + e.getMessage(), e);
    }
    folder.refused().forEach((file, problems) -> output.message(file + " is refused: " + problems));
  }

  private static void diff(
      String pid, Map<String, String> values, Map<String, Setting> settings, Output output) {
    new TreeMap<>(values)
        .forEach(
            (key, value) -> {
              String initial =
                  Optional.ofNullable(settings.get(key)).map(Setting::initial).orElse("");
              if (!value.equals(initial)) {
                output.row(new Row(pid, key, initial, Change.shown(key, value)));
              }
            });
  }
}
