// SPDX-License-Identifier: Apache-2.0
package io.margay.console;

import io.margay.api.console.Caller;
import io.margay.api.console.ConsoleSession;
import io.margay.console.shell.InteractiveShell;
import io.margay.console.shell.Shell;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.jline.terminal.Size;
import org.jline.terminal.Terminal;
import org.jline.terminal.impl.ExternalTerminal;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A console at a terminal: JLine's line discipline and editor over raw keys. */
final class Screen implements ConsoleSession {
  private static final Logger LOG = LoggerFactory.getLogger(Screen.class);

  private final ExternalTerminal terminal;
  private final InteractiveShell shell;
  private final Optional<String> line;

  /**
   * @param line the line to run; empty for a person who types them
   */
  Screen(
      Shell shell,
      Caller caller,
      Optional<String> line,
      String type,
      Size size,
      InputStream keys,
      OutputStream out)
      throws IOException {
    // JLine writes a byte at a time and flushes when it matters. It closes what it is given, which
    // is not ours to close.
    var screen =
        new BufferedOutputStream(out, 8192) {
          @Override
          public void close() throws IOException {
            flush();
          }
        };
    TypedInput typed = new TypedInput(keys);
    // Named by us, so that no terminal provider is looked for: those need native code.
    this.terminal =
        new ExternalTerminal("margay", known(type), typed, screen, StandardCharsets.UTF_8);
    this.terminal.setSize(size);
    this.shell = new InteractiveShell(shell, caller, terminal, typed::lineTaken);
    this.line = line;
  }

  /** The size of a window; what is not known is that of a terminal of old. */
  static Size size(int columns, int rows) {
    return new Size(columns > 0 ? columns : 80, rows > 0 ? rows : 24);
  }

  @Override
  public int run() {
    try (terminal) {
      return line.isPresent() ? shell.run(line.get()) : shell.run();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void resize(int columns, int rows) {
    terminal.setSize(size(columns, rows));
    terminal.raise(Terminal.Signal.WINCH);
  }

  /** Closes the terminal too: the editor may be waiting for a key. */
  @Override
  public void hangUp() {
    shell.stop();
    try {
      terminal.close();
    } catch (IOException e) {
      LOG.debug("Terminal not closed", e);
    }
  }

  /** JLine asks the program infocmp about types it does not know, so the name is checked. */
  private static String known(String type) {
    if (type.matches("[A-Za-z0-9][A-Za-z0-9+.-]{0,63}")) {
      return type;
    }
    LOG.debug("Terminal type not usable type={}", type);
    return "xterm";
  }
}
