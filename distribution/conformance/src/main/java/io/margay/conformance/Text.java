// SPDX-License-Identifier: Apache-2.0
package io.margay.conformance;

/** Texts for a table. */
final class Text {
  private static final int MAX = 160;

  private Text() {}

  /** On one line, shortened, without what a terminal would take for commands. */
  static String brief(String text) {
    String line = text.strip().replaceAll("\\s+", " ").replaceAll("[^\\x20-\\x7e]", "?");
    return line.length() <= MAX ? line : line.substring(0, MAX - 3) + "...";
  }
}
