// SPDX-License-Identifier: Apache-2.0
package io.margay.api.console;

/**
 * A part of a whole: a bar at a terminal, percent in other text, a number of 0 to 1 in JSON.
 *
 * @param part 0..1
 */
public record Share(double part) {
  public Share {
    if (!(part >= 0 && part <= 1)) {
      throw new IllegalArgumentException("part: " + part + " (expected: 0..1)");
    }
  }

  /** What a part is of a whole; nothing when the whole is 0. */
  public static Share of(double part, double whole) {
    return new Share(whole == 0 ? 0 : part / whole);
  }

  /** Whole percent, rounded down: only what is full is 100 %, and only what is empty is 0 %. */
  @Override
  public String toString() {
    return part > 0 && part < 0.01 ? "<1%" : (int) (part * 100) + "%";
  }
}
