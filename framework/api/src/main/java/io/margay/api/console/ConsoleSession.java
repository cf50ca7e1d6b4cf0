// SPDX-License-Identifier: Apache-2.0
package io.margay.api.console;

import org.osgi.annotation.versioning.ProviderType;

/** A console that is open. {@link #run} is called once; the rest on any thread. */
@ProviderType
public interface ConsoleSession {
  /**
   * Runs to the end, on the thread of the caller, and returns the exit status, 0..255.
   *
   * <p>The streams are not closed.
   */
  int run();

  /** The terminal has another size now. Without a terminal, nothing happens. */
  void resize(int columns, int rows);

  /** Whoever sits there has gone: what runs is interrupted, and {@link #run} returns soon. */
  void hangUp();
}
