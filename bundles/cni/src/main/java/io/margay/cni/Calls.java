// SPDX-License-Identifier: Apache-2.0
package io.margay.cni;

import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads one call from each connection, runs it in turn with others about the same attachment, and
 * answers. An ADD whose client does not take the answer is taken back.
 */
final class Calls {
  private static final Logger LOG = LoggerFactory.getLogger(Calls.class);

  /** The relay sends its call at once and reads the answer at once. */
  private static final Duration EXCHANGE = Duration.ofSeconds(10);

  private final Executor executor;
  private final KeyedExecutor<Attachment> ordered;
  private final Verbs verbs;
  private final Removals removals;
  private final Consumer<FaultPoint> faults;
  private final CallLog log;
  private final RuntimeWords words;
  private final CallTimes times = new CallTimes();

  /** Why a spooled DEL still waits, so that it is said once. */
  private final Map<Attachment, String> waiting = new ConcurrentHashMap<>();

  private int running; // guarded by this

  Calls(
      Executor executor,
      Verbs verbs,
      Removals removals,
      Consumer<FaultPoint> faults,
      CallLog log,
      RuntimeWords words) {
    this.executor = executor;
    this.ordered = new KeyedExecutor<>(executor);
    this.verbs = verbs;
    this.removals = removals;
    this.faults = faults;
    this.log = log;
    this.words = words;
  }

  /** Serves a connection and closes it; returns at once. */
  void serve(Connection connection) {
    begin();
    executor.execute(
        () -> {
          Optional<Runnable> rest = Optional.empty();
          try {
            rest = read(connection);
          } finally {
            if (rest.isEmpty()) {
              end(connection);
            }
          }
          rest.ifPresent(Runnable::run);
        });
  }

  /**
   * Executes the spooled DEL of an attachment, if there is one; returns at once.
   *
   * @param whenDone runs in any case
   */
  void removeSpooled(Attachment attachment, Runnable whenDone) {
    begin();
    words.begin(attachment);
    ordered.execute(
        attachment,
        () -> {
          Trace trace = new Trace();
          TraceContext.about("DEL that was spooled", Optional.empty());
          try {
            if (removals.executeSpooled(attachment, trace)) {
              logSpooled(attachment, "ok", trace);
            }
            waiting.remove(attachment);
          } catch (CniException e) {
            if (!e.getMessage().equals(waiting.put(attachment, e.getMessage()))) {
              logSpooled(attachment, e.getMessage(), trace);
            }
          } finally {
            TraceContext.leave();
            words.end(attachment);
            end();
            whenDone.run();
          }
        });
  }

  private void logSpooled(Attachment attachment, String outcome, Trace trace) {
    log.add("spooled DEL", Optional.of(attachment), Optional.empty(), outcome, trace);
  }

  /** How long the calls of runtimes took that could be read. */
  CallTimes times() {
    return times;
  }

  /** Calls that are being served or wait for their turn, and spooled DELs with them. */
  synchronized int running() {
    return running;
  }

  /** Waits until no call is in flight; false when some still were at the deadline. */
  synchronized boolean drain(Deadline deadline) throws InterruptedException {
    while (running > 0 && deadline.millisLeft() > 0) {
      wait(deadline.millisLeft());
    }
    return running == 0;
  }

  /** What is left to do, which ends the connection; empty when that has to be ended at once. */
  private Optional<Runnable> read(Connection connection) {
    Trace trace = new Trace();
    try {
      Optional<RawCall> call = connection.read(Deadline.after(EXCHANGE));
      return call.flatMap(c -> begin(connection, c, trace));
    } catch (IOException e) {
      LOG.warn("CNI call not readable reason={}", e.getMessage());
      return Optional.empty();
    }
  }

  private Optional<Runnable> begin(Connection connection, RawCall call, Trace trace) {
    TraceContext.enter(call);
    trace.setContext(TraceContext.of(call));
    try {
      Request request = Request.decode(call);
      if (!request.verb().isAboutAttachment()) {
        run(connection, call, request, trace);
        return Optional.empty();
      }
      words.begin(request.attachment());
      // This thread is as good as another: to hand on costs more than many a step.
      return Optional.of(
          () ->
              ordered.executeHere(
                  request.attachment(), () -> runInTurn(connection, call, request, trace)));
    } catch (CniException e) {
      send(connection, Answer.error(Request.versionFor(call), e));
      String verb = call.variable("CNI_COMMAND");
      log.add(verb, Optional.empty(), Optional.empty(), e.getMessage(), trace);
      return Optional.empty();
    } finally {
      TraceContext.leave();
    }
  }

  private void runInTurn(Connection connection, RawCall call, Request request, Trace trace) {
    TraceContext.enter(call);
    try {
      run(connection, call, request, trace);
    } finally {
      TraceContext.leave();
      words.end(request.attachment());
      end(connection);
    }
  }

  private void run(Connection connection, RawCall call, Request request, Trace trace) {
    TraceContext.about(request.verb().name(), pod(request));
    trace.done("queue");
    boolean isAdd = request.verb() == Verb.ADD;
    String outcome = "the client went before its turn";
    if (!isAdd || !connection.isGone()) {
      Answer answer = verbs.answer(request, call, connection::isGone, trace);
      outcome = answer.outcome();
      boolean isTaken = send(connection, answer);
      trace.done("answer");
      if (isAdd && answer.status() == 0) {
        faults.accept(FaultPoint.ADD_AFTER_ANSWER);
        if (!isTaken) {
          verbs.takeBack(request.attachment(), call, trace);
          outcome = "taken back: the client did not take the answer";
        }
      }
    }
    Optional<Attachment> attachment =
        Optional.of(request).filter(r -> r.verb().isAboutAttachment()).map(Request::attachment);
    times.record(request.verb(), outcome.equals(Answer.OK), trace.nanos());
    log.add(request.verb().name(), attachment, Pod.of(request.args()), outcome, trace);
  }

  /** The pod, or the container that is none. */
  private static Optional<String> pod(Request request) {
    return Pod.of(request.args())
        .map(Pod::toString)
        .or(
            () ->
                Optional.of(request)
                    .filter(r -> r.verb().isAboutAttachment())
                    .map(r -> Pod.namespace(r.args()) + "/" + r.attachment().container()));
  }

  private static boolean send(Connection connection, Answer answer) {
    try {
      connection.answer(answer, Deadline.after(EXCHANGE));
      return true;
    } catch (IOException e) {
      LOG.debug("CNI answer not taken reason={}", e.getMessage());
      return false;
    }
  }

  private synchronized void begin() {
    running++;
  }

  private synchronized void end() {
    running--;
    notifyAll();
  }

  private void end(Connection connection) {
    connection.close();
    end();
  }
}
