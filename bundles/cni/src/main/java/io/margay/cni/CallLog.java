// SPDX-License-Identifier: Apache-2.0
package io.margay.cni;

import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Logs each call in one line and remembers the last ones with the time of their steps. */
final class CallLog {
  private static final Logger LOG = LoggerFactory.getLogger(CallLog.class);
  private static final int REMEMBERED = 200;

  private final Deque<Call> calls = new ArrayDeque<>(); // guarded by this

  /**
   * A call that has ended.
   *
   * @param outcome {@code ok}, or why not
   * @param steps time of each step
   * @param traceparent trace context of the runtime
   */
  record Call(
      Instant ended,
      String verb,
      String attachment,
      String pod,
      String outcome,
      long millis,
      String steps,
      Optional<String> traceparent) {}

  /**
   * @param verb ADD ..., or {@code spooled DEL}
   * @param attachment empty for verbs that are about none
   */
  void add(
      String verb,
      Optional<Attachment> attachment,
      Optional<Pod> pod,
      String outcome,
      Trace trace) {
    LOG.info(
        "CNI {} network={} container={} ifname={} pod={} outcome={} millis={}",
        verb,
        attachment.map(Attachment::network).orElse("-"),
        attachment.map(Attachment::container).orElse("-"),
        attachment.map(Attachment::ifname).orElse("-"),
        pod.map(Pod::toString).orElse("-"),
        outcome,
        trace.millis());
    Call call =
        new Call(
            Instant.now(),
            verb,
            attachment.map(Attachment::toString).orElse(""),
            pod.map(Pod::toString).orElse(""),
            outcome,
            trace.millis(),
            trace.toString(),
            trace.context());
    synchronized (this) {
      if (calls.size() == REMEMBERED) {
        calls.removeFirst();
      }
      calls.addLast(call);
    }
  }

  /** The last calls, oldest first. */
  synchronized List<Call> recent() {
    return List.copyOf(calls);
  }
}
