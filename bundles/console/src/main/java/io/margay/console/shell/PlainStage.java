// SPDX-License-Identifier: Apache-2.0
package io.margay.console.shell;

import io.margay.api.console.Command;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.felix.service.command.CommandSession;
import org.apache.felix.service.command.Function;
import org.apache.felix.service.command.Process;

/**
 * Runs one command of a {@link PlainLine}. Gogo makes the pipe and the jobs; all that it is given
 * of the line is how many commands there are.
 */
final class PlainStage implements Function {
  /** A scope of its own: not the tools that read files. */
  static final String SCOPE = "plain";

  static final String NAME = "stage";
  private static final String HELP = "help";

  private final CommandRegistry commands;
  private final Function help;
  private final PlainTools tools = new PlainTools();

  PlainStage(CommandRegistry commands, Function help) {
    this.commands = commands;
    this.help = help;
  }

  /** What Gogo is to run for so many commands. */
  static String program(int stages) {
    return IntStream.range(0, stages)
        .mapToObj(stage -> SCOPE + ":" + NAME + " " + stage)
        .collect(Collectors.joining(" | "));
  }

  /** The line as words, each command of which exists. */
  List<List<String>> parse(String line, String scope) throws UsageException {
    List<List<String>> stages = PlainLine.parse(line);
    for (List<String> words : stages) {
      String name = words.get(0);
      if (!name.equals(HELP)
          && !PlainTools.NAMES.contains(name)
          && commands.find(name, scope).isEmpty()) {
        throw new UsageException(name + ": no such command (help lists them)");
      }
    }
    return stages;
  }

  @Override
  public Object execute(CommandSession session, List<Object> arguments) throws Exception {
    int number = Integer.parseInt(String.valueOf(arguments.get(0)));
    List<String> words = ((ShellSession) session).stage(number);
    String name = words.get(0);
    List<Object> rest = List.copyOf(words.subList(1, words.size()));
    Optional<Command> command = commands.find(name, ((ShellSession) session).scope());
    if (command.isPresent()) {
      return new CommandFunction(command.get()).execute(session, rest);
    }
    if (name.equals(HELP)) {
      return help.execute(session, rest);
    }
    Process process = Process.Utils.current();
    process.error(
        tools.run(
            name, words.subList(1, words.size()), process.in(), process.out(), process.err()));
    return null;
  }
}
