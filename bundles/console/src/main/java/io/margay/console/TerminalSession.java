// SPDX-License-Identifier: Apache-2.0
package io.margay.console;

import io.margay.api.console.Caller;
import io.margay.console.shell.Shell;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/** A person at {@code margay console}. */
final class TerminalSession implements Session {
  private static final int COLUMNS_OFFSET = 0;
  private static final int ROWS_OFFSET = 2;
  private static final int TYPE_OFFSET = 4;

  private final ClientInput keys = new ClientInput(() -> {});
  private final Screen screen;

  TerminalSession(Shell shell, Caller caller, Connection connection, Frame request)
      throws IOException {
    this.screen =
        new Screen(
            shell,
            caller,
            Optional.empty(),
            type(request),
            Screen.size(request.u16(COLUMNS_OFFSET), request.u16(ROWS_OFFSET)),
            keys,
            connection.stream(Frame.OUT));
  }

  @Override
  public int run() {
    return screen.run();
  }

  @Override
  public void receive(Frame frame) {
    if (frame.type() == Frame.INPUT) {
      keys.receive(frame.payload());
    } else if (frame.type() == Frame.WINDOW) {
      screen.resize(frame.u16(COLUMNS_OFFSET), frame.u16(ROWS_OFFSET));
    }
  }

  @Override
  public void hangUp() {
    keys.receive(new byte[0]);
    screen.hangUp();
  }

  private static String type(Frame frame) {
    byte[] payload = frame.payload();
    int length = Math.max(0, payload.length - TYPE_OFFSET);
    return new String(payload, payload.length - length, length, StandardCharsets.US_ASCII);
  }
}
