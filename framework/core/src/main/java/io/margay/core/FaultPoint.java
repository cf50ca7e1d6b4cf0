// SPDX-License-Identifier: Apache-2.0
package io.margay.core;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * Places in a switch of modes where a test kills the agent, as kill -9 would: system property
 * {@code margay.fault=switch.after-publish} halts the process the first time that place is reached.
 */
enum FaultPoint {
  /** The pool was changed, and nobody knows yet that we act on it. */
  BEFORE_PUBLISH,
  /** Everybody can know by which wires we send; no route has changed. */
  AFTER_PUBLISH,
  /** Routes are on their way to the kernel. */
  AFTER_DECLARE,
  /** The kernel has them; nobody knows yet. */
  AFTER_SETTLE,
  /** Everybody can know that we no longer promise to receive a wire; its device is there. */
  AFTER_WITHDRAW,
  /** The device is about to go. */
  BEFORE_RETIRE;

  private static final String PROPERTY = "margay.fault";
  private static final String PREFIX = "switch.";

  /** Exit status of a process that was killed by SIGKILL. */
  private static final int KILLED = 137;

  private static final String ARMED = armed();

  /** Dies here if this is the point. */
  void reached() {
    if (id().equals(ARMED)) {
      Runtime.getRuntime().halt(KILLED);
    }
  }

  /** Name in the property: {@code switch.after-publish} of AFTER_PUBLISH. */
  private String id() {
    return PREFIX + name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  private static String armed() {
    String id = System.getProperty(PROPERTY, "");
    List<String> ids = Arrays.stream(values()).map(FaultPoint::id).toList();
    if (id.startsWith(PREFIX) && !ids.contains(id)) {
      throw new IllegalArgumentException(PROPERTY + ": " + id + " (expected: one of " + ids + ")");
    }
    return id;
  }
}
