// SPDX-License-Identifier: Apache-2.0
package io.margay.cni;

import java.util.Optional;
import java.util.regex.Pattern;
import org.slf4j.MDC;

/**
 * Puts the runtime's trace context into every line that a thread logs while it serves a call. From
 * the variable TRACEPARENT, W3C Trace Context section 3.2; anything else in it is ignored.
 */
final class TraceContext {
  static final String VARIABLE = "TRACEPARENT";

  /** Name in the log; the core's declarations for a pod carry it on to the kernel thread. */
  private static final String KEY = "traceparent";

  private static final Pattern FORMAT =
      Pattern.compile("[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}");

  private TraceContext() {}

  /** What the runtime sent with a call, if it is of the format. */
  static Optional<String> of(RawCall call) {
    return Optional.of(call.variable(VARIABLE)).filter(text -> FORMAT.matcher(text).matches());
  }

  /** This thread serves the call from now on. */
  static void enter(RawCall call) {
    of(call).ifPresent(text -> MDC.put(KEY, text));
  }

  /** This thread serves it no more. */
  static void leave() {
    MDC.remove(KEY);
  }
}
