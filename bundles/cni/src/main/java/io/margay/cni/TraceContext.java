// SPDX-License-Identifier: Apache-2.0
package io.margay.cni;

import java.util.Optional;
import java.util.regex.Pattern;
import org.slf4j.MDC;

/**
 * Says in the MDC of a thread which call it serves: for the journal of the dataplane the verb and
 * the pod, and for every line that it logs the runtime's trace context. That comes from the
 * variable TRACEPARENT, W3C Trace Context section 3.2; anything else in it is ignored.
 */
final class TraceContext {
  static final String VARIABLE = "TRACEPARENT";

  /** Name in the log; the core's declarations for a pod carry it on to the kernel thread. */
  private static final String KEY = "traceparent";

  private static final String VERB = "cni";
  private static final String POD = "pod";

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

  /** The call that this thread serves is about a pod. */
  static void about(String verb, Optional<String> pod) {
    MDC.put(VERB, verb);
    pod.ifPresent(name -> MDC.put(POD, name));
  }

  /** This thread serves it no more. */
  static void leave() {
    MDC.remove(KEY);
    MDC.remove(VERB);
    MDC.remove(POD);
  }
}
