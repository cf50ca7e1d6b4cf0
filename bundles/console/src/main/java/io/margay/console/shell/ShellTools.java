// SPDX-License-Identifier: Apache-2.0
package io.margay.console.shell;

import io.margay.console.render.Style;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.felix.gogo.jline.Posix;
import org.apache.felix.service.command.CommandSession;
import org.apache.felix.service.command.Function;
import org.apache.felix.service.command.Job;
import org.apache.felix.service.command.Process;

/** The tools beside the commands: what output is piped to, and help. */
final class ShellTools {
  /** Scope of the tools; they are called without it. */
  static final String SCOPE = "shell";

  /** Tools of gogo.jline. The rest of it edits files or opens terminals of its own. */
  private static final List<String> POSIX =
      List.of("cat", "clear", "date", "echo", "grep", "head", "sort", "tail", "wc");

  private static final List<String> POSIX_AT_TERMINAL = List.of("less", "watch");

  private final CommandRegistry commands;
  private final PlainPosix posix;
  private final Scripting scripting;

  ShellTools(ShellProcessor processor, CommandRegistry commands, Scripting scripting) {
    this.commands = commands;
    this.scripting = scripting;
    this.posix = new PlainPosix(processor);
  }

  /** What an operator may type; exit is the reader's own. */
  List<String> names() {
    List<String> names = new ArrayList<>(POSIX);
    names.addAll(POSIX_AT_TERMINAL);
    names.addAll(scripting.functions().keySet());
    names.addAll(List.of("exit", "help"));
    return names;
  }

  Map<String, Function> functions() {
    Map<String, Function> functions = new LinkedHashMap<>();
    POSIX.forEach(
        name -> functions.put(name, (session, words) -> posix.call(session, name, words)));
    POSIX_AT_TERMINAL.forEach(
        name -> functions.put(name, (session, words) -> atTerminal(session, name, words)));
    functions.putAll(scripting.functions());
    functions.put("help", this::help);
    functions.put("default", this::unknown); // Gogo calls it for a command that does not exist.
    return functions;
  }

  private Object atTerminal(CommandSession session, String name, List<Object> words) {
    if (session.get(org.apache.felix.gogo.jline.Shell.VAR_TERMINAL) == null) {
      return fail(name + ": needs a terminal (expected: margay console)", ShellSession.USAGE);
    }
    return posix.call(session, name, words);
  }

  /** Prints all commands, those of a scope, or how one is used. */
  private Object help(CommandSession session, List<Object> words) {
    Process process = Process.Utils.current();
    String topic = words.isEmpty() ? "" : words.get(0).toString();
    ShellSession shell = (ShellSession) session;
    Style style = shell.style(process);
    String text =
        commands
            .find(topic, shell.scope())
            .map(command -> Usage.text(command.spec()))
            .orElseGet(() -> Overview.text(commands.all(), topic, style));
    if (text.isEmpty()) {
      return fail("help: " + topic + " (expected: a command or a scope)", ShellSession.USAGE);
    }
    process.out().print(text);
    return null;
  }

  private Object unknown(CommandSession session, List<Object> words) {
    String name = words.get(0).toString();
    String similar = String.join(", ", Similar.to(name, commands.all()));
    String expected = similar.isEmpty() ? "help lists them" : "did you mean " + similar + "?";
    ((ShellSession) session).end(Process.Utils.current(), ShellSession.USAGE);
    return fail(name + ": no such command (" + expected + ")", ShellSession.USAGE);
  }

  private static Object fail(String message, int status) {
    Process process = Process.Utils.current();
    process.err().println(message);
    process.error(status);
    return null;
  }

  /** Gogo believes that every session has a terminal; without one, grep must not colour. */
  private static final class PlainPosix extends Posix {
    PlainPosix(ShellProcessor processor) {
      super(processor);
    }

    Object call(CommandSession session, String name, List<Object> words) {
      _main(
          session,
          Stream.concat(Stream.of(name), words.stream().map(String::valueOf).flatMap(count(name)))
              .toArray(String[]::new));
      return null;
    }

    /** As everybody types it: {@code head -3} is {@code head -n 3}. */
    private static java.util.function.Function<String, Stream<String>> count(String name) {
      boolean counts = name.equals("head") || name.equals("tail");
      return word ->
          counts && word.matches("-[0-9]+") ? Stream.of("-n", word.substring(1)) : Stream.of(word);
    }

    @Override
    protected Object run(CommandSession session, Process process, String[] words) throws Exception {
      try {
        return super.run(session, new HonestProcess(process, (ShellSession) session), words);
      } catch (InterruptedIOException e) {
        process.error(ShellSession.INTERRUPTED); // Ctrl-C is no failure to report.
        return null;
      }
    }
  }

  /** A process that knows whether its streams are a terminal. */
  private record HonestProcess(Process process, ShellSession session) implements Process {
    @Override
    public InputStream in() {
      return process.in();
    }

    @Override
    public PrintStream out() {
      return process.out();
    }

    @Override
    public PrintStream err() {
      return process.err();
    }

    @Override
    public Job job() {
      return process.job();
    }

    @Override
    public boolean isTty(int fd) {
      return session.isTerminal(process, fd);
    }

    @Override
    public void error(int status) {
      process.error(status);
    }
  }
}
