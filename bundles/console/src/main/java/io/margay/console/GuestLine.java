// SPDX-License-Identifier: Apache-2.0
package io.margay.console;

import io.margay.api.console.ConsoleSession;
import io.margay.console.shell.ShellSession;

/** One line for a script that came by another way than the local socket. */
final class GuestLine implements ConsoleSession {
  private final ShellSession session;
  private final String line;

  GuestLine(ShellSession session, String line) {
    this.session = session;
    this.line = line;
  }

  @Override
  public int run() {
    try (session) {
      return session.run(line);
    }
  }

  @Override
  public void resize(int columns, int rows) {}

  @Override
  public void hangUp() {
    session.interrupt();
  }
}
