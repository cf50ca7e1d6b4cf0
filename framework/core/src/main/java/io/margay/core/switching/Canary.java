// SPDX-License-Identifier: Apache-2.0
package io.margay.core.switching;

import io.margay.api.mode.Wire;

/**
 * A probe that must be answered before routes to a node change to a wire.
 *
 * @param node to which it goes
 * @param wire by which it goes
 */
public record Canary(String node, Wire wire) {
  /** What came of it. */
  public enum Outcome {
    /** Not sent, or not answered yet. */
    PENDING,
    ANSWERED,
    /** Sent often enough to say that the underlay does not carry it. */
    FAILED
  }

  /**
   * What came of it, and why.
   *
   * @param detail what was seen when it failed; else empty
   */
  public record Result(Outcome outcome, String detail) {
    public static final Result PENDING = new Result(Outcome.PENDING, "");
    public static final Result ANSWERED = new Result(Outcome.ANSWERED, "");
  }
}
