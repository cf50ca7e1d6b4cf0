// SPDX-License-Identifier: Apache-2.0
package io.margay.api.console;

import org.osgi.annotation.versioning.ProviderType;

/**
 * Where a command puts its results. The console renders: records of one type become a table, or
 * JSON with {@code --json}.
 */
@ProviderType
public interface Output {
  /** Emits one row. The names of the record's components become headings. */
  void row(Record row);

  /** Says something to the reader; with {@code --json} it goes to standard error. */
  void message(String text);

  /**
   * Says what was done, for commands whose answer is a sentence and not a table.
   *
   * @param text for a person
   * @param row the same with {@code --json}
   */
  default void result(String text, Record row) {
    message(text);
  }

  /** Whether the reader has gone or pressed Ctrl-C: a command that follows something then ends. */
  boolean isClosed();

  /** Makes rows emitted so far visible at once, for commands that follow something. */
  void flush();
}
