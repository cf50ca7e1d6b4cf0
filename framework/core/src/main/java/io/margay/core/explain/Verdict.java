// SPDX-License-Identifier: Apache-2.0
package io.margay.core.explain;

import java.util.List;
import java.util.Optional;

/**
 * Judges a path. A packet that arrives is the proof that a path is well: whatever looks wrong then
 * is only a note. One that does not says how far it came, and only what is there can be the cause.
 *
 * @param health what there is to say
 * @param broken the first broken hop; empty unless {@link Health#BROKEN}
 * @param sentence for people
 * @param hops all that was looked at, with what the packets showed
 */
record Verdict(Health health, Optional<Hop> broken, String sentence, List<Hop> hops) {
  /** What the hop is about that says so. */
  static final String WHO_ANSWERS = "who answers";

  /** How a path is. */
  enum Health {
    HEALTHY,
    BROKEN,
    /** Not enough could be seen. */
    UNKNOWN
  }

  /**
   * What is known.
   *
   * @param question what was asked
   * @param from the sender
   * @param to the receiver
   * @param store what the documents say
   * @param wayBack how answers from outside find the sender; empty when it is a node
   * @param sender what its node says; empty when it did not answer
   * @param receiver the same; empty also for an address outside
   */
  record Case(
      PathQuestion question,
      PathEnd from,
      PathEnd to,
      List<Hop> store,
      Optional<String> wayBack,
      Optional<PathAnswer> sender,
      Optional<PathAnswer> receiver) {
    boolean isOneNode() {
      return from.node().equals(to.node());
    }
  }

  /**
   * Whether a node that begins to watch too late would explain it as well: then it is worth asking
   * once more.
   */
  boolean isDoubtful() {
    return broken.filter(hop -> hop.what().equals(WHO_ANSWERS)).isPresent();
  }

  static Verdict of(Case known) {
    return new Judge(known).judge();
  }
}
