// SPDX-License-Identifier: Apache-2.0
package io.margay.api.health;

/**
 * State of one part of the node.
 *
 * @param name what was checked, such as {@code store}
 * @param detail a sentence that says what is wrong and what to do; empty when OK
 */
public record Health(String name, Status status, String detail) {
  /** Ordered from good to bad. */
  public enum Status {
    OK,
    /** Works, but not as intended. */
    DEGRADED,
    /** Does not work. */
    DOWN
  }

  public static Health ok(String name) {
    return new Health(name, Status.OK, "");
  }

  public static Health degraded(String name, String detail) {
    return new Health(name, Status.DEGRADED, detail);
  }

  public static Health down(String name, String detail) {
    return new Health(name, Status.DOWN, detail);
  }
}
