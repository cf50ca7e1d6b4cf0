// SPDX-License-Identifier: Apache-2.0
package io.margay.api.resource;

import java.util.List;
import java.util.stream.Collectors;

/** A document is not a valid resource; carries everything that is wrong with it. */
public final class InvalidResourceException extends Exception {
  private static final long serialVersionUID = 1L;
  private final transient List<Problem> problems;

  /**
   * A document with problems.
   *
   * @param what which document, such as {@code IPPool/default}
   */
  public InvalidResourceException(String what, List<Problem> problems) {
    this(what, problems, null);
  }

  InvalidResourceException(String what, List<Problem> problems, Throwable cause) {
    super(what + ": " + text(problems), cause);
    this.problems = List.copyOf(problems);
  }

  public List<Problem> problems() {
    return problems;
  }

  private static String text(List<Problem> problems) {
    return problems.stream().map(Problem::toString).collect(Collectors.joining("; "));
  }
}
