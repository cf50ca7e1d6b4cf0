// SPDX-License-Identifier: Apache-2.0
package io.margay.console.render;

/** Writes records in one form. Not thread-safe: a command emits from one thread. */
public interface Rows {
  /** Takes one record; it may be kept until {@link #flush} or {@link #end}. */
  void add(Record row);

  /** Writes all that was taken, because the reader follows along. */
  void flush();

  /**
   * Writes the rest. Nothing is added afterwards.
   *
   * @param evenEmpty whether something is written when there was no row: headings, an empty array
   */
  void end(boolean evenEmpty);
}
