// SPDX-License-Identifier: Apache-2.0
package io.margay.conformance;

import java.io.IOException;
import java.util.Optional;

/**
 * One thing that the specification wants of a plugin.
 *
 * @param clause of the list in {@code docs/cni-conformance.md}, such as P12
 * @param what the sentence that passes or fails
 * @param since the oldest specification that has it
 * @param before the specification from which on it no longer holds
 * @param isOnce whether the newest version of the plugin stands for all
 */
record Check(
    String clause,
    Level level,
    String what,
    SpecVersion since,
    Optional<SpecVersion> before,
    boolean isOnce,
    Body body) {

  /** How strongly the specification wants it. */
  enum Level {
    MUST,
    SHOULD
  }

  /** Makes the check once, with one version. */
  @FunctionalInterface
  interface Body {
    /** Returns what was observed, for the table; empty when the sentence says all. */
    String run(Trial trial) throws Deviation, NotApplicable, IOException, InterruptedException;
  }

  static Check must(String clause, String what, Body body) {
    return new Check(clause, Level.MUST, what, SpecVersion.V0_1_0, Optional.empty(), false, body);
  }

  static Check should(String clause, String what, Body body) {
    return new Check(clause, Level.SHOULD, what, SpecVersion.V0_1_0, Optional.empty(), false, body);
  }

  Check since(SpecVersion version) {
    return new Check(clause, level, what, version, before, isOnce, body);
  }

  Check before(SpecVersion version) {
    return new Check(clause, level, what, since, Optional.of(version), isOnce, body);
  }

  Check once() {
    return new Check(clause, level, what, since, before, true, body);
  }

  boolean isFor(SpecVersion version) {
    return version.atLeast(since) && before.filter(version::atLeast).isEmpty();
  }
}
