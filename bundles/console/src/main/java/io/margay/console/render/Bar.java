// SPDX-License-Identifier: Apache-2.0
package io.margay.console.render;

import io.margay.api.console.Share;

/** A share as a bar of block characters behind its percentage. */
final class Bar {
  private static final int WIDTH = 16;

  /** Eighths of a character, from one on. */
  private static final String EIGHTHS = "▏▎▍▌▋▊▉█";

  private Bar() {}

  static String of(Share share) {
    // What is not empty shows, and what is not full does not look it.
    int eighths = (int) (share.part() * WIDTH * 8);
    if (share.part() > 0) {
      eighths = Math.max(1, eighths);
    }
    int full = eighths / 8;
    String rest = eighths % 8 == 0 ? "" : EIGHTHS.substring(eighths % 8 - 1, eighths % 8);
    String bar = "█".repeat(full) + rest;
    return String.format("%4s ", share) + bar + "·".repeat(WIDTH - bar.length());
  }
}
