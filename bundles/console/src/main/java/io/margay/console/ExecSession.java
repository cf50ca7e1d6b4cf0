// SPDX-License-Identifier: Apache-2.0
package io.margay.console;

import io.margay.api.console.Caller;
import io.margay.console.shell.Shell;
import io.margay.console.shell.ShellSession;
import java.nio.charset.StandardCharsets;

/** Runs one command line for a script: no terminal, output and errors apart. */
final class ExecSession implements Session {
  private final ClientInput input;
  private final ShellSession session;
  private final String line;

  ExecSession(Shell shell, Caller caller, Connection connection, Frame request) {
    this.line = new String(request.payload(), StandardCharsets.UTF_8);
    this.input = new ClientInput(() -> connection.send(new Frame(Frame.WANT_INPUT, new byte[0])));
    this.session =
        shell.open(caller, input, connection.stream(Frame.OUT), connection.stream(Frame.ERR));
  }

  @Override
  public int run() {
    try (session) {
      return session.run(line);
    }
  }

  @Override
  public void receive(Frame frame) {
    if (frame.type() == Frame.INPUT) {
      input.receive(frame.payload());
    } else if (frame.type() == Frame.INTERRUPT) {
      session.interrupt();
    }
  }

  @Override
  public void hangUp() {
    input.receive(new byte[0]);
    session.interrupt();
  }
}
