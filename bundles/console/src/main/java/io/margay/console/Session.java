// SPDX-License-Identifier: Apache-2.0
package io.margay.console;

/** What a client opened. {@link #run} has a thread of its own; the rest is called by the reader. */
interface Session {
  /** Runs until the end and returns the exit status. */
  int run();

  /** A frame came that concerns this session. */
  void receive(Frame frame);

  /** The client has gone, or the agent stops. */
  void hangUp();
}
