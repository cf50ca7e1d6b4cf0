// SPDX-License-Identifier: Apache-2.0
package io.margay.console.commands;

import ch.qos.logback.classic.Level;
import io.margay.api.console.Command;
import io.margay.api.console.CommandException;
import io.margay.api.console.CommandSpec;
import io.margay.api.console.Invocation;
import io.margay.api.console.Output;
import io.margay.console.shell.PatientText;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/** {@code log:tail}. */
@Component
public final class LogTail implements Command {
  private static final String FOLLOW = "f";
  private static final String COUNT = "n";
  private static final String LEVEL = "level";
  private static final String GREP = "grep";
  private static final String DEFAULT_COUNT = "50";
  private static final long LOOK_MILLIS = 1_000;

  private final LogRing ring;

  @Activate
  public LogTail(@Reference LogRing ring) {
    this.ring = ring;
  }

  @Override
  public CommandSpec spec() {
    return CommandSpec.of("log", "tail", "print the latest lines of the agent's log")
        .withFlag(FOLLOW, "go on with new lines until Ctrl-C")
        .withOption(COUNT, "N", "how many lines to begin with (default " + DEFAULT_COUNT + ")")
        .withOption(LEVEL, "LEVEL", "only this level and above: " + String.join(", ", Levels.NAMES))
        .withOption(GREP, "RE", "only lines in which this regular expression is found")
        .withExample("log:tail -f --level WARN")
        .withExample("log:tail -n 200 --grep 'pool=default'");
  }

  @Override
  public List<String> complete(String name) {
    return name.equals(LEVEL) ? Levels.NAMES : List.of();
  }

  @Override
  public void run(Invocation invocation, Output output)
      throws CommandException, InterruptedException {
    try {
      tail(invocation, output);
    } catch (PatientText.TooLong e) {
      throw new CommandException("grep: " + e.getMessage(), e);
    }
  }

  private void tail(Invocation invocation, Output output)
      throws CommandException, InterruptedException {
    Predicate<LogLine> wanted = level(invocation.value(LEVEL)).and(grep(invocation.value(GREP)));
    int count = count(invocation.value(COUNT).orElse(DEFAULT_COUNT));
    LogRing.Part part = ring.from(0);
    List<LogLine> lines = part.lines().stream().filter(wanted).toList();
    print(lines.subList(Math.max(0, lines.size() - count), lines.size()), output);
    while (invocation.has(FOLLOW) && !output.isClosed()) {
      output.flush();
      ring.await(part.next(), LOOK_MILLIS);
      part = ring.from(part.next());
      print(part.lines().stream().filter(wanted).toList(), output);
    }
  }

  private static void print(List<LogLine> lines, Output output) {
    lines.forEach(line -> output.result(line.text(), line));
  }

  private static Predicate<LogLine> level(Optional<String> name) throws CommandException {
    if (name.isEmpty()) {
      return line -> true;
    }
    Level least = Levels.parse(LEVEL, name.get(), Levels.NAMES);
    return line -> Level.toLevel(line.level()).isGreaterOrEqual(least);
  }

  private static Predicate<LogLine> grep(Optional<String> expression) throws CommandException {
    if (expression.isEmpty()) {
      return line -> true;
    }
    try {
      Pattern pattern = Pattern.compile(expression.get());
      return line -> PatientText.has(line.text(), pattern);
    } catch (PatternSyntaxException e) {
      throw new CommandException(
          "grep: "
              + expression.get()
              + " (expected: a regular expression; "
              + e.getDescription()
              + ")",
          2);
    }
  }

  private static int count(String text) throws CommandException {
    if (!text.matches("\\d{1,9}")) {
      throw new CommandException("n: " + text + " (expected: a number of lines)", 2);
    }
    return Integer.parseInt(text);
  }
}
