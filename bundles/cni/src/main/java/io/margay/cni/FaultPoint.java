// SPDX-License-Identifier: Apache-2.0
package io.margay.cni;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;

/**
 * Places where a test kills the agent, as kill -9 would: framework property {@code
 * margay.fault=cni.add.after-assign} halts the process the first time that place is reached.
 */
enum FaultPoint {
  ADD_BEFORE_ASSIGN,
  ADD_AFTER_ASSIGN,
  ADD_AFTER_ATTACH,
  ADD_AFTER_WIRE,
  ADD_AFTER_ANSWER,
  DEL_BEFORE_UNWIRE,
  DEL_AFTER_UNWIRE,
  DEL_AFTER_DETACH,
  DEL_AFTER_RELEASE,
  SPOOL_AFTER_EXECUTE;

  static final String PROPERTY = "margay.fault";

  private static final String PREFIX = "cni.";

  /** Exit status of a process that was killed by SIGKILL. */
  private static final int KILLED = 137;

  /** Name in the property: {@code cni.add.after-assign} of ADD_AFTER_ASSIGN. */
  String id() {
    String[] parts = name().toLowerCase(Locale.ROOT).split("_", 2);
    return PREFIX + parts[0] + "." + parts[1].replace('_', '-');
  }

  /**
   * What to call at each point.
   *
   * @param id of the point to halt at; null or that of another bundle for none
   */
  static Consumer<FaultPoint> halting(String id) {
    List<String> ids = Arrays.stream(values()).map(FaultPoint::id).toList();
    if (id != null && id.startsWith(PREFIX) && !ids.contains(id)) {
      throw new IllegalArgumentException(PROPERTY + ": " + id + " (expected: one of " + ids + ")");
    }
    return point -> {
      if (point.id().equals(id)) {
        Runtime.getRuntime().halt(KILLED);
      }
    };
  }
}
