// SPDX-License-Identifier: Apache-2.0
package io.margay.console.shell;

import io.margay.api.console.Command;
import io.margay.api.console.CommandException;
import io.margay.console.render.Cell;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Optional;
import org.apache.felix.service.command.Process;

/**
 * Asks the person at the terminal before a command changes something, after showing what it would
 * do. A script, and whoever says {@code --yes}, is not asked.
 */
record Question(Command command, ShellSession session, Process process) {
  /** With one of these a command only shows what it would do. */
  private static final List<String> HARMLESS = List.of("dry-run", "plan");

  private static final int MAX_ANSWER = 80;

  /**
   * Whether to go on.
   *
   * @param line the command with its words, secrets masked
   */
  boolean isWanted(Arguments arguments, String line) throws CommandException, InterruptedException {
    boolean isPerson =
        session.isTerminal(process, 0)
            && session.isTerminal(process, 1)
            && !session.isWithin(process, Scripting.SOURCE);
    if (!isPerson
        || arguments.has(Arguments.YES.name())
        || HARMLESS.stream().anyMatch(arguments::has)) {
      return true;
    }
    CommandOutput output =
        new CommandOutput(command.spec(), process, session.style(process), false);
    boolean hasPreview = false;
    try {
      command.preview(new CommandInvocation(arguments, Optional.empty(), false), output);
      hasPreview = true;
    } finally {
      output.end(false);
    }
    String summary = output.hasSpoken() && hasPreview ? "Do it?" : summary(line);
    process.out().print(summary + " [y/N] ");
    process.out().flush();
    return answer(process.in()).strip().matches("(?i)y|yes");
  }

  private String summary(String line) {
    return Cell.printableLines(line + " will " + command.spec().summary() + ". Do it?");
  }

  private static String answer(InputStream in) throws InterruptedException {
    StringBuilder answer = new StringBuilder();
    try {
      for (int c = in.read(); c >= 0 && c != '\n' && c != '\r'; c = in.read()) {
        if (answer.length() < MAX_ANSWER) {
          answer.append((char) c);
        }
      }
    } catch (java.io.InterruptedIOException e) {
      InterruptedException interrupted = new InterruptedException(e.getMessage());
      interrupted.initCause(e);
      throw interrupted;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return answer.toString();
  }
}
