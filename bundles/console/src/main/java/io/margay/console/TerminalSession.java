// SPDX-License-Identifier: Apache-2.0
package io.margay.console;

import io.margay.api.console.Caller;
import io.margay.console.shell.InteractiveShell;
import io.margay.console.shell.Shell;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import org.jline.terminal.Size;
import org.jline.terminal.Terminal;
import org.jline.terminal.impl.ExternalTerminal;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A console that a person sits at: JLine's line discipline and editor over the client's keys. */
final class TerminalSession implements Session {
  private static final Logger LOG = LoggerFactory.getLogger(TerminalSession.class);
  private static final int COLUMNS_OFFSET = 0;
  private static final int ROWS_OFFSET = 2;
  private static final int TYPE_OFFSET = 4;

  private final ClientInput keys = new ClientInput(() -> {});
  private final ExternalTerminal terminal;
  private final InteractiveShell shell;

  TerminalSession(Shell shell, Caller caller, Connection connection, Frame request)
      throws IOException {
    // JLine writes a byte at a time and flushes when it matters.
    var screen = new BufferedOutputStream(connection.stream(Frame.OUT), 8192);
    // Named by us, so that no terminal provider is looked for: those need native code.
    this.terminal =
        new ExternalTerminal("margay", type(request), keys, screen, StandardCharsets.UTF_8);
    this.terminal.setSize(size(request));
    this.shell = new InteractiveShell(shell, caller, terminal);
  }

  @Override
  public int run() {
    try (terminal) {
      return shell.run();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void receive(Frame frame) {
    if (frame.type() == Frame.INPUT) {
      keys.receive(frame.payload());
    } else if (frame.type() == Frame.WINDOW) {
      terminal.setSize(size(frame));
      terminal.raise(Terminal.Signal.WINCH);
    }
  }

  @Override
  public void hangUp() {
    keys.receive(new byte[0]);
    shell.stop();
  }

  private static Size size(Frame frame) {
    int columns = frame.u16(COLUMNS_OFFSET);
    int rows = frame.u16(ROWS_OFFSET);
    return new Size(columns > 0 ? columns : 80, rows > 0 ? rows : 24);
  }

  /** JLine asks the program infocmp about types it does not know, so the name is checked. */
  private static String type(Frame frame) {
    byte[] payload = frame.payload();
    if (payload.length > TYPE_OFFSET) {
      String type =
          new String(payload, TYPE_OFFSET, payload.length - TYPE_OFFSET, StandardCharsets.US_ASCII);
      if (type.matches("[A-Za-z0-9][A-Za-z0-9+.-]{0,63}")) {
        return type;
      }
      LOG.debug("Terminal type not usable type={}", type);
    }
    return "xterm";
  }
}
