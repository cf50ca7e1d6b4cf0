// SPDX-License-Identifier: Apache-2.0
package io.margay.console.shell;

import io.margay.api.console.Caller;
import java.io.IOError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.stream.Stream;
import org.apache.felix.gogo.jline.Highlighter;
import org.apache.felix.gogo.jline.Parser;
import org.jline.reader.EndOfFileException;
import org.jline.reader.LineReader;
import org.jline.reader.LineReaderBuilder;
import org.jline.reader.UserInterruptException;
import org.jline.terminal.Terminal;
import org.jline.utils.AttributedString;
import org.jline.utils.AttributedStringBuilder;
import org.jline.utils.AttributedStyle;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Reads lines from a person and runs them, until exit, Ctrl-D or the end of the connection. */
public final class InteractiveShell {
  private static final Logger LOG = LoggerFactory.getLogger(InteractiveShell.class);
  private static final int HISTORY_LINES = 1_000;
  private static final String EXIT = "exit";
  private static final List<String> PLAIN =
      Stream.concat(PlainTools.NAMES.stream(), Stream.of("help", EXIT)).toList();

  private final Shell shell;
  private final Terminal terminal;
  private final ShellSession session;
  private final Runnable lineTaken;
  private volatile boolean stopped;

  /**
   * @param lineTaken told each time that the editor has handed over what was typed
   */
  public InteractiveShell(Shell shell, Caller caller, Terminal terminal, Runnable lineTaken) {
    this.lineTaken = lineTaken;
    this.shell = shell;
    this.terminal = terminal;
    this.session = shell.open(caller, terminal);
    terminal.handle(Terminal.Signal.INT, signal -> session.interrupt());
  }

  /** Runs one line with the terminal, and returns its exit status. */
  public int run(String line) {
    try (session) {
      return session.run(line);
    }
  }

  /** Runs on the thread of the session; its context class loader is {@link Shell#classLoader}. */
  public int run() {
    try (session) {
      LineReader reader = reader();
      terminal
          .writer()
          .println("Margay on " + shell.nodeName() + ". help lists the commands, Ctrl-D leaves.");
      int status = ShellSession.OK;
      while (!stopped) {
        try {
          lineTaken.run();
          String line = reader.readLine(prompt()).strip();
          if (line.equals(EXIT) && session.scope().isEmpty()) {
            return ShellSession.OK;
          }
          if (moves(line)) {
            continue;
          }
          status = line.isEmpty() ? status : session.run(line);
          if (status == ShellSession.INTERRUPTED) {
            terminal.writer().println(); // After the ^C that the terminal echoed.
          }
        } catch (UserInterruptException e) {
          status = ShellSession.INTERRUPTED; // Ctrl-C throws the line away.
        } catch (EndOfFileException e) {
          return status;
        } catch (IOError e) {
          LOG.debug("Terminal closed", e);
          return status;
        }
      }
      return status;
    }
  }

  /** Whether the line is a scope, which it enters, or leads out of the one where the person is. */
  private boolean moves(String line) {
    boolean isOut = line.equals("..") || line.equals(EXIT);
    boolean isIn = shell.commands().isScope(line) && shell.commands().find(line).isEmpty();
    if (isOut || isIn) {
      session.enter(isOut ? "" : line);
    }
    return isOut || isIn;
  }

  /** Ends the shell: the client has gone, or the agent stops. */
  public void stop() {
    stopped = true;
    session.interrupt();
  }

  private LineReader reader() {
    LineReader reader = builder().build();
    session.put(Scripting.READER, reader);
    if (session.isPlain()) {
      // It opens an editor of files.
      reader.getWidgets().remove(LineReader.EDIT_AND_EXECUTE_COMMAND);
    } else {
      shell.prepare(session);
    }
    return reader;
  }

  private LineReaderBuilder builder() {
    return LineReaderBuilder.builder()
        .appName("margay")
        .terminal(terminal)
        .parser(new Parser())
        .highlighter(highlighter())
        .history(new PrivateHistory())
        .completer(
            new CommandCompleter(
                shell.commands(), () -> session.isPlain() ? PLAIN : shell.tools(), session::scope))
        .variable(LineReader.HISTORY_FILE, history())
        .variable(LineReader.HISTORY_SIZE, HISTORY_LINES)
        .variable(LineReader.HISTORY_FILE_SIZE, HISTORY_LINES)
        .variable(LineReader.SECONDARY_PROMPT_PATTERN, "> ")
        .option(LineReader.Option.DISABLE_EVENT_EXPANSION, true)
        .option(LineReader.Option.HISTORY_IGNORE_SPACE, true);
  }

  /** Gogo's, which takes a scope alone for a command that does not exist. */
  private Highlighter highlighter() {
    return new Highlighter(session) {
      @Override
      public AttributedString highlight(LineReader reader, String buffer) {
        String line = buffer.strip();
        return line.equals("..") || shell.commands().isScope(line)
            ? new AttributedString(buffer)
            : super.highlight(reader, buffer);
      }
    };
  }

  private String prompt() {
    String scope = session.scope();
    return new AttributedStringBuilder()
        .styled(AttributedStyle.BOLD, "margay@" + shell.nodeName())
        .append(scope.isEmpty() ? "" : " " + scope)
        .append("> ")
        .toAnsi(terminal);
  }

  /** The history holds what someone typed: each has their own, and root alone reads the files. */
  private Path history() {
    Path file = shell.history(session.caller());
    try {
      if (Files.notExists(file)) {
        Files.createFile(
            file,
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
      }
    } catch (IOException e) {
      LOG.warn("Console history not kept file={} reason={}", file, e.toString());
    }
    return file;
  }
}
