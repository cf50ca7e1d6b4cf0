// SPDX-License-Identifier: Apache-2.0
package io.margay.api.console;

import java.io.InputStream;
import java.io.OutputStream;
import java.util.Optional;
import org.osgi.annotation.versioning.ProviderType;

/**
 * Opens consoles for those who come by another way than the local socket, such as SSH. Whoever
 * calls has proven who the {@link Caller} is; what they may do, and what is on record of it, is the
 * console's affair.
 *
 * <p>When the service goes, its sessions are hung up.
 */
@ProviderType
public interface Console {
  /**
   * A console for a script: one line, output and errors apart.
   *
   * @param in its standard input, read when a command does; a read ends when its thread is
   *     interrupted
   */
  ConsoleSession execute(
      Caller caller, String line, InputStream in, OutputStream out, OutputStream err);

  /**
   * A console at a terminal: echo, editing, colours, Ctrl-C.
   *
   * @param line the line to run; empty for a person who types them
   * @param type what the terminal calls itself, such as {@code xterm-256color}
   * @param keys what is typed, raw
   */
  ConsoleSession terminal(
      Caller caller,
      Optional<String> line,
      String type,
      int columns,
      int rows,
      InputStream keys,
      OutputStream screen);
}
