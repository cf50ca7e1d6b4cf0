// SPDX-License-Identifier: Apache-2.0
package io.margay.console.shell;

import io.margay.api.console.Command;
import io.margay.api.console.CommandSpec.Argument;
import io.margay.api.console.CommandSpec.Option;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.jline.reader.Candidate;
import org.jline.reader.Completer;
import org.jline.reader.LineReader;
import org.jline.reader.ParsedLine;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Offers commands, then options and values; JLine keeps those that fit what was typed. */
final class CommandCompleter implements Completer {
  private static final Logger LOG = LoggerFactory.getLogger(CommandCompleter.class);

  private static final List<String> RUNNERS = List.of("each", "watch");

  private final CommandRegistry commands;
  private final Supplier<List<String>> tools;
  private final Supplier<String> scope;

  /**
   * @param tools names of what lines are piped to, and of aliases
   * @param scope where the person is, see {@link ShellSession#scope}
   */
  CommandCompleter(CommandRegistry commands, Supplier<List<String>> tools, Supplier<String> scope) {
    this.commands = commands;
    this.tools = tools;
    this.scope = scope;
  }

  @Override
  public void complete(LineReader reader, ParsedLine line, List<Candidate> candidates) {
    List<String> before = inner(line.words().subList(0, line.wordIndex()));
    boolean isHelp = before.equals(List.of("help"));
    if (before.isEmpty() || isHelp) {
      commandNames(candidates, !isHelp);
      if (isHelp) {
        commands.scopes().forEach(name -> candidates.add(new Candidate(name)));
      }
    } else {
      commands
          .find(before.get(0), scope.get())
          .ifPresent(
              command -> words(command, before.subList(1, before.size()), line.word(), candidates));
    }
  }

  /** Without what runs the command that follows: {@code each}, {@code watch -n 2}. */
  private static List<String> inner(List<String> words) {
    if (words.isEmpty() || !RUNNERS.contains(words.get(0))) {
      return words;
    }
    int at = 1;
    while (at < words.size() && words.get(at).matches("-.*|[0-9.]+")) {
      at++;
    }
    return words.subList(at, words.size());
  }

  private void commandNames(List<Candidate> candidates, boolean withTools) {
    for (Command command : commands.all()) {
      String name = CommandRegistry.nameOf(command.spec());
      candidates.add(candidate(name, command));
      if (command.spec().scope().equals(scope.get())) {
        candidates.add(candidate(command.spec().name(), command));
      }
    }
    if (withTools) {
      tools.get().forEach(tool -> candidates.add(new Candidate(tool)));
    }
  }

  private static Candidate candidate(String name, Command command) {
    return new Candidate(
        name, name, command.spec().scope(), command.spec().summary(), null, null, true);
  }

  private static void words(
      Command command, List<String> before, String word, List<Candidate> candidates) {
    List<Option> options = Arguments.options(command.spec());
    Optional<Option> open =
        before.isEmpty() ? Optional.empty() : find(options, before.get(before.size() - 1));
    if (open.isPresent() && open.get().value().isPresent()) {
      values(command, open.get().name(), "", candidates);
      return;
    }
    int equals = word.indexOf('=');
    if (word.startsWith("--") && equals > 0) {
      String prefix = word.substring(0, equals + 1);
      find(options, word.substring(0, equals))
          .filter(option -> option.value().isPresent())
          .ifPresent(option -> values(command, option.name(), prefix, candidates));
      return;
    }
    if (word.startsWith("-")) {
      for (Option option : options) {
        String name = Arguments.dashed(option);
        candidates.add(new Candidate(name, name, null, option.description(), null, null, true));
      }
      return;
    }
    argument(command, options, before)
        .ifPresent(argument -> values(command, argument.name(), "", candidates));
  }

  /** The positional argument that comes next. */
  private static Optional<Argument> argument(
      Command command, List<Option> options, List<String> before) {
    int position = 0;
    for (int i = 0; i < before.size(); i++) {
      if (!before.get(i).startsWith("-")) {
        position++;
      } else if (find(options, before.get(i)).flatMap(Option::value).isPresent()) {
        i++; // Its value.
      }
    }
    List<Argument> arguments = command.spec().arguments();
    if (position < arguments.size()) {
      return Optional.of(arguments.get(position));
    }
    return arguments.stream().filter(Argument::repeated).findFirst();
  }

  private static Optional<Option> find(List<Option> options, String word) {
    return options.stream().filter(option -> Arguments.dashed(option).equals(word)).findFirst();
  }

  private static void values(
      Command command, String name, String prefix, List<Candidate> candidates) {
    try {
      command.complete(name).forEach(value -> candidates.add(new Candidate(prefix + value)));
    } catch (RuntimeException e) {
      LOG.warn("Completion failed command={} of={}", command.spec(), name, e);
    }
  }
}
