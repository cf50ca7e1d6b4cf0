// SPDX-License-Identifier: Apache-2.0
package io.margay.console.shell;

import io.margay.api.console.Caller;
import io.margay.api.console.CommandSpec.Role;
import io.margay.console.audit.Audit;
import io.margay.console.render.Cell;
import io.margay.console.render.Style;
import java.io.EOFException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.channels.Channel;
import java.nio.channels.WritableByteChannel;
import java.util.List;
import java.util.Optional;
import org.apache.felix.gogo.runtime.CommandSessionImpl;
import org.apache.felix.gogo.runtime.SyntaxError;
import org.apache.felix.service.command.CommandSession;
import org.apache.felix.service.command.Converter;
import org.apache.felix.service.command.Job;
import org.apache.felix.service.command.Process;
import org.apache.felix.service.command.Result;
import org.jline.terminal.Terminal;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One client's conversation with the shell: its streams, variables and rights. */
public final class ShellSession extends CommandSessionImpl {
  static final int OK = 0;
  static final int FAILED = 1;
  static final int USAGE = 2;
  static final int INTERRUPTED = 130;

  private static final Logger LOG = LoggerFactory.getLogger(ShellSession.class);

  private final StreamChannel.Input input;
  private final ShellProcessor shell;
  private final Caller caller;
  private final Audit audit;
  private final Optional<Terminal> terminal;
  private volatile List<List<String>> stages = List.of();
  private volatile int status;
  private volatile String scope = "";

  ShellSession(
      ShellProcessor processor,
      InputStream in,
      OutputStream out,
      OutputStream err,
      Caller caller,
      Audit audit,
      Optional<Terminal> terminal) {
    super(processor, in, out, err);
    this.shell = processor;
    this.caller = caller;
    this.audit = audit;
    this.terminal = terminal;
    WritableByteChannel output = StreamChannel.of(out);
    this.input = new StreamChannel.Input(in);
    this.channels = new Channel[] {input, output, out == err ? output : StreamChannel.of(err)};
    classLoader(Shell.classLoader());
    // Unscoped names mean the shell's own tools only: "list" must not be some bundle's list.
    put("SCOPE", ShellTools.SCOPE);
    put(CommandSession.OPTION_NO_GLOB, true);
    terminal.ifPresent(t -> put(org.apache.felix.gogo.jline.Shell.VAR_TERMINAL, t));
    setJobListener(
        (job, before, now) -> {
          if (before == Job.Status.Foreground && now == Job.Status.Done && job.parent() == null) {
            Result result = job.result();
            status = result == null ? OK : result.error();
          }
        });
  }

  /** Runs a line and returns its exit status; whatever goes wrong is said on standard error. */
  public int run(CharSequence line) {
    status = OK;
    try {
      Object result = execute(line);
      if (result != null) {
        getConsole().println(format(result, Converter.INSPECT));
      }
      return status;
    } catch (InterruptedException e) {
      return INTERRUPTED;
    } catch (UsageException e) {
      return complain(Cell.printableLines(e.getMessage()), USAGE);
    } catch (SyntaxError | EOFException e) {
      return complain("syntax: " + e.getMessage(), USAGE);
    } catch (Exception e) { // Gogo declares no better; its tools throw anything.
      if (e.getCause() instanceof InterruptedException) {
        return INTERRUPTED;
      }
      LOG.debug("Console line failed line={}", line, e);
      return complain(e.getMessage() == null ? e.toString() : e.getMessage(), FAILED);
    } finally {
      input.awaitIdle();
    }
  }

  /**
   * Runs a line as its caller may: Gogo's language is for admins alone, since it reaches every
   * object of the agent. Every way into the interpreter comes through here.
   */
  @Override
  public Object execute(CharSequence line) throws Exception {
    if (isPlain()) {
      List<List<String>> read = shell.plain().parse(line.toString(), scope);
      stages = read;
      return super.execute(PlainStage.program(read.size()));
    }
    return super.execute(line);
  }

  /** Whether lines are words and pipes only. */
  boolean isPlain() {
    return !caller.may(Role.ADMIN);
  }

  /** The words of a command of the plain line that runs. */
  List<String> stage(int number) {
    return stages.get(number);
  }

  /** Interrupts the line that runs, as Ctrl-C does. */
  public void interrupt() {
    Job job = foregroundJob();
    if (job != null) {
      job.interrupt();
    }
  }

  /** Goes into a scope, whose commands need no scope then; empty: out of it. */
  void enter(String name) {
    scope = name;
    put("SCOPE", name.isEmpty() ? ShellTools.SCOPE : name + ":" + ShellTools.SCOPE);
  }

  /** Where the person is; empty for nowhere. */
  String scope() {
    return scope;
  }

  Caller caller() {
    return caller;
  }

  Audit audit() {
    return audit;
  }

  /** Whether this stream of the process is the terminal, not a pipe, a file or a script. */
  boolean isTerminal(Process process, int fd) {
    return terminal.isPresent() && process.isTty(fd);
  }

  /** How the output of this process is to look. */
  Style style(Process process) {
    return isTerminal(process, 1) ? Style.terminal(terminal.get().getWidth()) : Style.PLAIN;
  }

  private int complain(String message, int exitStatus) {
    perr.println(message);
    perr.flush();
    return exitStatus;
  }
}
