// SPDX-License-Identifier: Apache-2.0
package io.margay.console.shell;

import io.margay.api.console.Command;
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

  ShellProcessor(CommandRegistry commands) {
    super(null);
    this.commands = commands;
    ShellTools tools = new ShellTools(this, commands);
    tools.functions().forEach((name, function) -> addCommand(ShellTools.SCOPE, function, name));
  }

  @Override
  protected Function getCommand(String name, Object path) {
    Optional<Command> command = commands.find(name);
    return command.isPresent() ? new CommandFunction(command.get()) : super.getCommand(name, path);
  }

  @Override
  public Set<String> getCommands() {
    Set<String> names = new TreeSet<>(super.getCommands());
    commands.all().forEach(command -> names.add(command.spec().toString()));
    return names;
  }
}
