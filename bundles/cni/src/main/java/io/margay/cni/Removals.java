// SPDX-License-Identifier: Apache-2.0
package io.margay.cni;

import io.margay.cni.CniException.Code;
import java.io.IOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Executes each DEL, now or, when something it needs is away, later from the spool. */
final class Removals {
  private static final Logger LOG = LoggerFactory.getLogger(Removals.class);

  private final DelVerb del;
  private final RuntimeWords words;
  private final Spool spool;
  private final Supplier<Duration> patience;
  private final Consumer<FaultPoint> faults;

  /**
   * @param patience how long one DEL may take
   */
  Removals(
      Services services, Spool spool, Supplier<Duration> patience, Consumer<FaultPoint> faults) {
    this.del = new DelVerb(services, faults);
    this.words = services.words();
    this.spool = spool;
    this.patience = patience;
    this.faults = faults;
  }

  /**
   * Removes an attachment, or makes sure that it will be.
   *
   * @param call the DEL, or the ADD to take back
   * @throws CniException neither was possible
   */
  void remove(Attachment attachment, RawCall call, Trace trace) throws CniException {
    Optional<Map<String, String>> args = Request.args(call.variable("CNI_ARGS"));
    try {
      delete(attachment, args.flatMap(Pod::of), call, Deadline.after(patience.get()), trace);
      spool.remove(attachment);
    } catch (IOException e) {
      // It will be executed once more, which is harmless.
      LOG.warn("CNI spool entry stays attachment={} reason={}", attachment, e.toString());
    } catch (CniException e) {
      if (e.code() == CniException.Code.DELEGATE) {
        throw e; // Nothing is left of ours, and what its IPAM plugin says is for the runtime.
      }
      keep(attachment, call, e);
      trace.done("spool");
    }
  }

  private void delete(
      Attachment attachment, Optional<Pod> pod, RawCall call, Deadline deadline, Trace trace)
      throws CniException {
    del.del(attachment, pod, deadline, trace);
    Optional<Delegate> delegate = Delegate.of(call);
    if (delegate.isPresent()) {
      delegate.get().run(Verb.DEL, attachment, deadline);
      trace.done("delegate");
    }
    words.removed(attachment);
  }

  /** As {@link #executeSpooled(Attachment, Deadline, Trace)} with the time of one DEL. */
  boolean executeSpooled(Attachment attachment, Trace trace) throws CniException {
    return executeSpooled(attachment, Deadline.after(patience.get()), trace);
  }

  /**
   * Executes the spooled DEL of an attachment; without one, does nothing.
   *
   * @return whether there was one
   * @throws CniException it failed and stays in the spool
   */
  boolean executeSpooled(Attachment attachment, Deadline deadline, Trace trace)
      throws CniException {
    if (!spool.holds(attachment)) {
      return false;
    }
    try {
      return spool.execute(
          attachment,
          deadline,
          spooled -> {
            Optional<Map<String, String>> args = Request.args(spooled.variable("CNI_ARGS"));
            delete(attachment, args.flatMap(Pod::of), spooled, deadline, trace);
            faults.accept(FaultPoint.SPOOL_AFTER_EXECUTE);
          });
    } catch (IOException e) {
      throw new CniException(
          Code.TRY_AGAIN_LATER, "spooled DEL of " + attachment + ": " + e.getMessage(), e);
    }
  }

  private void keep(Attachment attachment, RawCall call, CniException why) throws CniException {
    Map<String, String> environment = new HashMap<>(call.environment());
    environment.put("CNI_COMMAND", Verb.DEL.name());
    try {
      spool.write(attachment, new RawCall(environment, call.input()));
      LOG.warn("CNI DEL spooled attachment={} reason={}", attachment, why.getMessage());
    } catch (IOException e) {
      throw new CniException(
          why.code(), why.getMessage() + "; and cannot be spooled: " + e.getMessage(), e);
    }
  }
}
