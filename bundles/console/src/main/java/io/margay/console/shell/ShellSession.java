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
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.apache.felix.gogo.runtime.CommandSessionImpl;
import org.apache.felix.gogo.runtime.SyntaxError;
import org.apache.felix.service.command.CommandSession;
import org.apache.felix.service.command.Converter;
import org.apache.felix.service.command.Function;
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

  /** How commands in front of a pipe failed, which Gogo does not tell, by the job of the pipe. */
  private final Map<Job, Integer> failures = new ConcurrentHashMap<>();

  /**
   * From which process a job was started; Gogo takes the line's first job for the parent of all.
   */
  private final Map<Job, Process> starters = new ConcurrentHashMap<>();

  /** How the last job ended that a process started. */
  private final Map<Process, Integer> inner = new ConcurrentHashMap<>();

  /** The scripts and aliases that run. */
  private final Map<Process, String> frames = new ConcurrentHashMap<>();

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
    setJobListener(this::changed);
  }

  /** Called on the thread that starts a job, and on the job's own. */
  private void changed(Job job, Job.Status before, Job.Status now) {
    Process starter = Process.Utils.current();
    if (before == Job.Status.Created && starter != null) {
      starters.put(job, starter);
    }
    if (now == Job.Status.Done) {
      ended(job, before == Job.Status.Foreground);
    }
  }

  private void ended(Job job, boolean isForeground) {
    Result result = job.result();
    Integer failure = failures.remove(job);
    int error = result == null ? OK : result.error();
    if (error == OK && failure != null) {
      error = failure;
    }
    job.processes().forEach(inner::remove);
    Process starter = starters.remove(job);
    if (isForeground && starter != null) {
      inner.put(starter, error);
    } else if (isForeground) {
      status = error;
    }
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

  /** The command or tool of this name, whatever aliases there are; null when there is none. */
  Function command(String name) {
    Function command = shell.getCommand(name, get("SCOPE"));
    return command != null ? command : shell.getCommand("*:" + name, get("SCOPE"));
  }

  /** Sets how a process ended; the line fails with it, wherever in a pipe the process is. */
  void end(Process process, int exitStatus) {
    process.error(exitStatus);
    if (exitStatus != OK) {
      failures.putIfAbsent(process.job(), exitStatus);
    }
  }

  /** Exit status of what was run last from within this process. */
  int innerStatus(Process process) {
    return inner.getOrDefault(process, OK);
  }

  /** Says that this process runs a script or an alias, until {@link #leave}. */
  void begin(Process process, String name) {
    frames.put(process, name);
  }

  void leave(Process process) {
    frames.remove(process);
  }

  /** Whether this process was run from within the script or alias of this name. */
  boolean isWithin(Process process, String name) {
    return outer(process).anyMatch(starter -> name.equals(frames.get(starter)));
  }

  /** From within how many processes this one was run. */
  long depth(Process process) {
    return outer(process).count();
  }

  /** The process from which this one was run, the one from which that was, and so on. */
  private Stream<Process> outer(Process process) {
    return Stream.iterate(
        starters.get(process.job()), Objects::nonNull, starter -> starters.get(starter.job()));
  }

  /**
   * Whether this stream of the process is the terminal, not a pipe, a file or a script. What is run
   * from within a process has the streams of that one, and Gogo knows only its own redirections.
   */
  boolean isTerminal(Process process, int fd) {
    return terminal.isPresent()
        && process.isTty(fd)
        && outer(process).allMatch(starter -> starter.isTty(fd));
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
