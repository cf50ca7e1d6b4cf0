// SPDX-License-Identifier: Apache-2.0
package io.margay.console.shell;

import io.margay.api.console.Command;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.apache.felix.gogo.runtime.CommandProcessorImpl;
import org.apache.felix.service.command.Function;

/**
 * Gogo's interpreter, looking up commands in our registry.
 *
 * <p>It is our own instance, not the service of the gogo.runtime bundle: that one replaces
 * System.out, and what a command logs would go to the operator's terminal instead of the log.
 */
final class ShellProcessor extends CommandProcessorImpl {
  private final CommandRegistry commands;
  private final PlainStage plain;
  private final ShellTools tools;

  ShellProcessor(CommandRegistry commands, Scripting scripting) {
    super(null);
    this.commands = commands;
    tools = new ShellTools(this, commands, scripting);
    Map<String, Function> functions = tools.functions();
    functions.forEach((name, function) -> addCommand(ShellTools.SCOPE, function, name));
    this.plain = new PlainStage(commands, functions.get("help"));
    addCommand(PlainStage.SCOPE, plain, PlainStage.NAME);
  }

  /** What runs the lines of those who may not have all of Gogo. */
  PlainStage plain() {
    return plain;
  }

  /** Names of the tools that lines are piped to. */
  List<String> toolNames() {
    return tools.names();
  }

  /**
   * @param path scopes whose commands need no scope, separated by colons: where the person is
   */
  @Override
  protected Function getCommand(String name, Object path) {
    Optional<Command> command = commands.find(name, String.valueOf(path));
    return command.isPresent() ? new CommandFunction(command.get()) : super.getCommand(name, path);
  }

  @Override
  public Set<String> getCommands() {
    Set<String> names = new TreeSet<>(super.getCommands());
    commands.all().forEach(command -> names.add(command.spec().toString()));
    return names;
  }
}
