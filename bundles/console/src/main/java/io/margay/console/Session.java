// SPDX-License-Identifier: Apache-2.0
package io.margay.console;

import io.margay.api.console.ConsoleSession;

/** What a client of the local socket opened; called by the reader of its frames. */
interface Session extends ConsoleSession {
  /** A frame came that concerns this session. */
  void receive(Frame frame);

  @Override
  default void resize(int columns, int rows) {}
}
