// SPDX-License-Identifier: Apache-2.0
package io.margay.console.shell;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;

/** Lines of a stream, none of which is longer than the agent has memory for. */
final class BoundedLines {
  private static final int MAX_CHARS = 1 << 20;

  private final BufferedReader reader;

  BoundedLines(InputStream in) {
    this.reader = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8));
  }

  /** The next line without its end; null after the last. */
  String next() throws IOException {
    StringBuilder line = new StringBuilder();
    for (int c = reader.read(); c != '\n'; c = reader.read()) {
      if (c < 0) {
        return line.isEmpty() ? null : line.toString();
      }
      line.append((char) c);
      if (line.length() > MAX_CHARS) {
        throw new IOException("line too long (expected: at most " + MAX_CHARS + " characters)");
      }
    }
    return line.toString();
  }
}
