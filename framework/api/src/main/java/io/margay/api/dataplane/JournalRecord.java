// SPDX-License-Identifier: Apache-2.0
package io.margay.api.dataplane;

import java.time.Instant;
import java.util.Optional;

/**
 * One change of the kernel, or a remark, in the {@link Journal}.
 *
 * @param sequence counts up by one from record to record; 0 for what the journal itself remarks
 *     while it is read
 * @param owner whose object it is; empty for what nobody owns
 * @param object what is in the kernel now, in the syntax of {@code ip}; of a removal what was
 *     there; of a remark its text
 * @param before what was there before under the same key; empty when nothing was, or not known
 * @param errno why the kernel refused, such as {@code ENETUNREACH}; empty when it was done
 */
public record JournalRecord(
    long sequence,
    Instant time,
    Action action,
    Optional<String> owner,
    String object,
    Optional<String> before,
    Cause cause,
    Optional<String> errno) {
  /** What was done to the object. */
  public enum Action {
    ADD("+"),
    REPLACE("~"),
    REMOVE("-"),
    /** Nothing: something is remarked, such as a start or a loss of records. */
    REMARK("!");

    private final String sign;

    Action(String sign) {
      this.sign = sign;
    }

    /** One character that stands for it. */
    public String sign() {
      return sign;
    }
  }

  @Override
  public String toString() {
    return action.sign() + " " + object + before.map(b -> "  (was: " + b + ")").orElse("");
  }
}
