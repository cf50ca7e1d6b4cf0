// SPDX-License-Identifier: Apache-2.0
package io.margay.config;

import io.margay.api.console.Command;
import io.margay.api.console.CommandException;
import io.margay.api.console.CommandSpec;
import io.margay.api.console.Invocation;
import io.margay.api.console.Output;
import io.margay.launcher.settings.Setting;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/** {@code config:list}: every key that a bundle declares, and what it is set to. */
@Component(service = Command.class)
public final class ConfigList implements Command {
  /** Libraries declare settings too; those are listed when asked for. */
  private static final String OURS = "io.margay.";

  private record Row(
      String pid,
      String key,
      Optional<String> value,
      Optional<String> default_,
      String takes,
      Optional<String> file,
      String description) {}

  private final ConfigFolder folder;

  @Activate
  public ConfigList(@Reference ConfigFolder folder) {
    this.folder = folder;
  }

  @Override
  public CommandSpec spec() {
    return CommandSpec.of("config", "list", "list configuration: value in force, default, meaning")
        .withOptionalArgument(Values.PID, "only this part, such as io.margay.core")
        .withRows(Row.class)
        .withExample("config:list io.margay.cni")
        .withExample("config:list --json");
  }

  @Override
  public List<String> complete(String name) {
    return Values.pids(folder);
  }

  @Override
  public void run(Invocation invocation, Output output) throws CommandException {
    Optional<String> wanted = invocation.value(Values.PID);
    Map<String, Map<String, Setting>> known = new TreeMap<>(folder.metatype().settingsByPid());
    if (wanted.isPresent() && !known.containsKey(wanted.get())) {
      throw new CommandException(
          wanted.get() + ": no such configuration (expected: one of " + known.keySet() + ")");
    }
    known.keySet().removeIf(pid -> !wanted.map(pid::equals).orElse(pid.startsWith(OURS)));
    try {
      Map<String, Map<String, String>> files = folder.values();
      known.forEach((pid, settings) -> list(pid, settings, files, output));
    } catch (IOException e) {
      throw new CommandException("configuration not readable: " + e.getMessage(), e);
    }
    folder.refused().forEach((file, problems) -> output.message(file + " is refused: " + problems));
  }

  /** Once for each file of the PID: a factory has several. */
  private static void list(
      String pid,
      Map<String, Setting> settings,
      Map<String, Map<String, String>> files,
      Output output) {
    List<String> names =
        new ArrayList<>(
            files.keySet().stream()
                .map(file -> file.replaceFirst("\\.cfg$", ""))
                .filter(name -> Values.base(name).equals(pid))
                .toList());
    if (names.isEmpty()) {
      names.add(pid);
    }
    for (String name : names) {
      Map<String, String> set = files.getOrDefault(Values.file(name), Map.of());
      new TreeMap<>(settings).forEach((key, setting) -> output.row(row(name, setting, set)));
    }
  }

  private static Row row(String pid, Setting setting, Map<String, String> set) {
    Optional<String> initial = Optional.of(setting.initial()).filter(v -> !v.isEmpty());
    Optional<String> value = Optional.ofNullable(set.get(setting.key()));
    return new Row(
        pid,
        setting.key(),
        value.map(v -> Change.shown(setting.key(), v)).or(() -> initial),
        initial,
        setting.expectation(),
        value.map(v -> Values.file(pid)),
        setting.description());
  }
}
