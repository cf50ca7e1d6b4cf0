// SPDX-License-Identifier: Apache-2.0
package io.margay.console.shell;

import io.margay.api.console.Caller;
import io.margay.api.console.Command;
import io.margay.api.console.CommandException;
import io.margay.api.console.CommandSpec;
import io.margay.api.console.CommandSpec.Role;
import io.margay.console.audit.Audit;
import io.margay.console.audit.Secrets;
import io.margay.console.render.Cell;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Optional;
import org.apache.felix.service.command.CommandSession;
import org.apache.felix.service.command.Function;
import org.apache.felix.service.command.Process;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.MDC;

/**
 * A {@link Command} as Gogo runs it. Failures are printed here and become the exit status of the
 * process; an exception would end the whole line, and {@code ||} with it.
 */
final class CommandFunction implements Function {
  private static final Logger LOG = LoggerFactory.getLogger(CommandFunction.class);

  /** Of the MDC: for whom this thread works; the journal of the dataplane names them. */
  private static final String OPERATOR = "operator";

  private final Command command;
  private final CommandSpec spec;

  CommandFunction(Command command) {
    this.command = command;
    this.spec = command.spec();
  }

  @Override
  public Object execute(CommandSession session, List<Object> words) throws InterruptedException {
    Process process = Process.Utils.current();
    ShellSession shell = (ShellSession) session;
    shell.end(process, run(shell, process, words.stream().map(String::valueOf).toList()));
    return null;
  }

  private int run(ShellSession session, Process process, List<String> words)
      throws InterruptedException {
    if (!session.caller().may(spec.role())) {
      session.audit().refused(session.caller(), line(words));
      return complain(process, refusal(session.caller()), ShellSession.FAILED);
    }
    Arguments arguments;
    try {
      arguments = Arguments.parse(spec, words);
    } catch (UsageException e) {
      return complain(process, e.getMessage() + "\n" + Usage.line(spec), ShellSession.USAGE);
    }
    if (arguments.has(Arguments.HELP.name())) {
      process.out().print(Usage.text(spec));
      return ShellSession.OK;
    }
    if (spec.role() == Role.VIEWER) {
      return call(session, process, arguments);
    }
    try {
      if (!new Question(command, session, process).isWanted(arguments, line(words))) {
        return complain(process, "not done", ShellSession.FAILED);
      }
    } catch (CommandException e) {
      return complain(process, e.getMessage(), e.exitCode());
    } catch (UncheckedIOException e) {
      return complain(process, e.getMessage(), ShellSession.FAILED);
    } catch (RuntimeException | LinkageError e) {
      return bug(process, arguments, e);
    }
    return audited(session, process, words, arguments);
  }

  /** A change is on record before it begins, and again with how it ended. */
  private int audited(
      ShellSession session, Process process, List<String> words, Arguments arguments)
      throws InterruptedException {
    Audit.Call record = session.audit().begin(session.caller(), line(words));
    int status = ShellSession.INTERRUPTED;
    MDC.put(OPERATOR, session.caller().name() + ": " + line(words));
    try {
      status = call(session, process, arguments);
      return status;
    } finally {
      MDC.remove(OPERATOR);
      record.end(status);
    }
  }

  private String line(List<String> words) {
    return Secrets.line(CommandRegistry.nameOf(spec), words);
  }

  private String refusal(Caller caller) {
    return "needs the role "
        + CommandRegistry.nameOf(spec.role())
        + " ("
        + caller.name()
        + " is "
        + CommandRegistry.nameOf(caller.role())
        + ")";
  }

  private int call(ShellSession session, Process process, Arguments arguments)
      throws InterruptedException {
    Optional<InputStream> in =
        session.isTerminal(process, 0) ? Optional.empty() : Optional.of(process.in());
    boolean json = arguments.has(Arguments.JSON.name());
    CommandOutput output = new CommandOutput(spec, process, session.style(process), json);
    boolean succeeded = false;
    try {
      command.run(new CommandInvocation(arguments, in, session.isPlain()), output);
      succeeded = true;
      return ShellSession.OK;
    } catch (CommandException e) {
      return complain(process, e.getMessage(), e.exitCode());
    } catch (UncheckedIOException e) {
      LOG.debug("Command lost its reader or its input command={}", spec, e);
      return complain(process, e.getMessage(), ShellSession.FAILED);
    } catch (RuntimeException | LinkageError e) {
      return bug(process, arguments, e);
    } finally {
      output.end(succeeded);
    }
  }

  private int bug(Process process, Arguments arguments, Throwable e) {
    LOG.error("Command failed command={} arguments={}", spec, arguments.values(), e);
    return complain(process, "internal error, see the agent's log: " + e, ShellSession.FAILED);
  }

  private int complain(Process process, String message, int status) {
    process.err().println(CommandRegistry.nameOf(spec) + ": " + Cell.printableLines(message));
    return status;
  }
}
