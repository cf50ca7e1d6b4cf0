// SPDX-License-Identifier: Apache-2.0
package io.margay.config;

import io.margay.api.console.CommandException;
import io.margay.api.console.CommandSpec;
import io.margay.api.console.Invocation;
import io.margay.api.console.Output;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** What commands that change the configuration have in common. */
final class Values {
  static final String PID = "pid";

  /**
   * What was done.
   *
   * @param changes such as {@code threads 8 -> 16}; empty when it was so already
   */
  record Changed(String pid, List<String> changes) {}

  private final ConfigFolder folder;
  private final String pid;
  private final Optional<String> text;

  private Values(ConfigFolder folder, String pid, Optional<String> text) {
    this.folder = folder;
    this.pid = pid;
    this.text = text;
  }

  /** Values of one PID that change together; empty ones go back to the default. */
  static Values of(ConfigFolder folder, String pid, Map<String, Optional<String>> values)
      throws CommandException {
    try {
      for (String key : values.keySet()) {
        folder.setting(base(pid), key);
      }
      return new Values(folder, pid, Optional.of(folder.planned(file(pid), values)));
    } catch (ConfigException e) {
      throw new CommandException(e.getMessage(), e);
    }
  }

  /** Another text of the whole file; empty removes it. */
  static Values of(ConfigFolder folder, String pid, Optional<String> text) throws CommandException {
    try {
      folder.settings(base(pid));
      return new Values(folder, pid, text);
    } catch (ConfigException e) {
      throw new CommandException(e.getMessage(), e);
    }
  }

  /** {@code KEY=VALUE} each. */
  static Map<String, Optional<String>> pairs(Invocation invocation, String argument)
      throws CommandException {
    Map<String, Optional<String>> values = new LinkedHashMap<>();
    for (String pair : invocation.values(argument)) {
      int equals = pair.indexOf('=');
      if (equals < 1) {
        throw new CommandException(pair + ": no value (expected: KEY=VALUE)", 2);
      }
      values.put(pair.substring(0, equals), Optional.of(pair.substring(equals + 1)));
    }
    return values;
  }

  static CommandSpec withPid(CommandSpec spec) {
    return spec.withArgument(PID, "what is configured, such as io.margay.cni: see config:list");
  }

  /** PIDs that can be configured, those of ours first. */
  static List<String> pids(ConfigFolder folder) {
    return Stream.concat(
            folder.metatype().settingsByPid().keySet().stream()
                .filter(p -> p.startsWith("io.margay.")),
            folder.metatype().settingsByPid().keySet().stream()
                .filter(p -> !p.startsWith("io.margay.")))
        .toList();
  }

  static String file(String pid) {
    return pid + ".cfg";
  }

  /** The factory of {@code FACTORY~NAME}. */
  static String base(String pid) {
    return pid.indexOf('~') > 0 ? pid.substring(0, pid.indexOf('~')) : pid;
  }

  /** What would change. */
  List<String> changes() throws CommandException {
    try {
      return Change.lines(
          CfgFile.values(folder.text(file(pid)).orElse("")), CfgFile.values(text.orElse("")));
    } catch (IOException e) {
      throw new CommandException(e.getMessage(), e);
    }
  }

  /** Shows what would change. */
  void preview(Output output) throws CommandException {
    List<String> changes = changes();
    output.message(
        changes.isEmpty() ? pid + " is so already" : pid + ": " + String.join(", ", changes));
  }

  /** Applies them, and says what has changed. */
  void apply(Output output) throws CommandException, InterruptedException {
    List<String> changes = changes();
    if (changes.isEmpty()) {
      output.result(pid + " is so already", new Changed(pid, changes));
      return;
    }
    try {
      folder.put(file(pid), text);
    } catch (ConfigException e) {
      throw new CommandException(pid + ": " + e.getMessage(), e);
    }
    output.result(pid + " changed: " + String.join(", ", changes), new Changed(pid, changes));
  }
}
