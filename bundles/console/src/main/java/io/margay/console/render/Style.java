// SPDX-License-Identifier: Apache-2.0
package io.margay.console.render;

/**
 * How output is to look.
 *
 * @param columns width of the terminal; 0 when lines may have any length
 * @param colours whether the reader sees ANSI colours
 */
public record Style(int columns, boolean colours) {
  /** For pipes, files and scripts. */
  public static final Style PLAIN = new Style(0, false);

  public static Style terminal(int columns) {
    return new Style(columns, true);
  }
}
