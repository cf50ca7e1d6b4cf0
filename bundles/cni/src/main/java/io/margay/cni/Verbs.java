// SPDX-License-Identifier: Apache-2.0
package io.margay.cni;

import com.google.gson.JsonObject;
import io.margay.cni.CniException.Code;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Runs one call and puts what became of it into an answer. An ADD that fails leaves nothing. */
final class Verbs {
  private static final Logger LOG = LoggerFactory.getLogger(Verbs.class);

  private final Services services;
  private final Removals removals;
  private final RuntimeWords words;
  private final Supplier<Duration> patience;
  private final AddVerb add;
  private final AddressVerbs addresses;
  private final CheckVerb check;
  private final GcVerb gc;
  private final StatusVerb status;

  /**
   * @param patience how long one call may take
   */
  Verbs(
      Services services,
      Removals removals,
      Supplier<Duration> patience,
      Consumer<FaultPoint> faults) {
    this.services = services;
    this.removals = removals;
    this.words = services.words();
    this.patience = patience;
    this.add = new AddVerb(services, faults);
    this.addresses = new AddressVerbs(services);
    this.check = new CheckVerb(services);
    this.gc = new GcVerb(services);
    this.status = new StatusVerb(services);
  }

  /**
   * Runs a call. One that fails because what it was served with was replaced beneath it runs again:
   * it can be repeated, and nobody outside is to notice.
   *
   * @param isClientGone whether nobody waits for the answer any more
   */
  Answer answer(Request request, RawCall call, BooleanSupplier isClientGone, Trace trace) {
    Deadline deadline = deadline();
    while (true) {
      int before = services.changes();
      CniException failure;
      try {
        return run(request, call, isClientGone, trace);
      } catch (CniException e) {
        failure = e;
      } catch (RuntimeException | LinkageError e) {
        // The latter of a bundle that has gone: its classes cannot be loaded any more.
        failure = new CniException(Code.INTERNAL, e.toString(), e);
      }
      boolean mayRepeat =
          services.changes() != before
              && failure.code() != Code.DELEGATE
              && deadline.millisLeft() > 0
              && !isClientGone.getAsBoolean();
      if (!mayRepeat) {
        if (failure.code() == Code.INTERNAL) {
          LOG.error("CNI {} failed by a bug of ours", request.verb(), failure);
        }
        return Answer.error(request.conf().version().toString(), failure);
      }
      LOG.info(
          "CNI {} runs again, a service was replaced: {}", request.verb(), failure.getMessage());
    }
  }

  private Answer run(Request request, RawCall call, BooleanSupplier isClientGone, Trace trace)
      throws CniException {
    return switch (request.verb()) {
      case ADD -> add(request, call, isClientGone, trace);
      case DEL -> {
        removals.remove(request.attachment(), call, trace);
        yield Answer.DONE;
      }
      case CHECK -> check(request, call);
      case GC -> collect(request, call, trace);
      case STATUS -> {
        status.status(request.conf().ipam().delegate().isEmpty(), deadline());
        delegate(request, call, deadline());
        yield Answer.DONE;
      }
      case VERSION -> Answer.versions(Request.versionFor(call));
    };
  }

  /** Removes what an ADD made, because it failed or nobody took its result. */
  void takeBack(Attachment attachment, RawCall call, Trace trace) {
    try {
      removals.remove(attachment, call, trace);
    } catch (CniException e) {
      LOG.error(
          "CNI ADD cannot be taken back, its DEL must attachment={} reason={}",
          attachment,
          e.getMessage());
    }
  }

  private Answer add(Request request, RawCall call, BooleanSupplier isClientGone, Trace trace)
      throws CniException {
    Deadline deadline = deadline();
    removals.executeSpooled(request.attachment(), deadline, trace);
    if (request.conf().ipam().mainPlugin().isPresent()) {
      return finish(
          request,
          call,
          isClientGone,
          trace,
          () -> addresses.add(request, deadline, trace).encode(request.conf().version()));
    }
    AddVerb.Prepared prepared = add.prepare(request, call, deadline, trace);
    return finish(
        request,
        call,
        isClientGone,
        trace,
        () ->
            add.perform(prepared, request, deadline, trace)
                .encode(request.conf().version(), request.conf().prevResult()));
  }

  /** The part of an ADD that makes something. */
  private interface Making {
    JsonObject make() throws CniException;
  }

  private Answer finish(
      Request request, RawCall call, BooleanSupplier isClientGone, Trace trace, Making making)
      throws CniException {
    try {
      JsonObject result = making.make();
      if (isClientGone.getAsBoolean()) {
        throw new CniException(Code.TRY_AGAIN_LATER, "the client did not wait for the answer");
      }
      words.added(request.attachment());
      return Answer.of(result);
    } catch (CniException | RuntimeException | LinkageError e) {
      takeBack(request.attachment(), call, trace);
      throw e;
    }
  }

  private Answer check(Request request, RawCall call) throws CniException {
    Deadline deadline = deadline();
    if (request.conf().ipam().mainPlugin().isPresent()) {
      addresses.check(request, deadline);
    } else {
      check.check(request, deadline);
      delegate(request, call, deadline);
    }
    return Answer.DONE;
  }

  /** Has another IPAM plugin do the same, if it is what gives the addresses. */
  private static void delegate(Request request, RawCall call, Deadline deadline)
      throws CniException {
    Optional<Delegate> delegate = Delegate.of(request.conf().ipam(), call);
    if (delegate.isPresent()) {
      delegate.get().run(request.verb(), request.attachment(), deadline);
    }
  }

  /** Goes on after a failure, and reports it at the end. */
  private Answer collect(Request request, RawCall call, Trace trace) throws CniException {
    List<String> failures = new ArrayList<>();
    // If a runtime sets them at all, they name a pod that is not the stale one.
    RawCall anonymous = call.without("CNI_ARGS");
    for (Attachment stale : gc.stale(request, deadline())) {
      try {
        removals.remove(stale, anonymous, trace);
      } catch (CniException e) {
        failures.add(stale + ": " + e.getMessage());
      }
    }
    try {
      delegate(request, call, deadline());
    } catch (CniException e) {
      failures.add(e.getMessage());
    }
    if (!failures.isEmpty()) {
      throw new CniException(Code.TRY_AGAIN_LATER, String.join("; ", failures));
    }
    return Answer.DONE;
  }

  private Deadline deadline() {
    return Deadline.after(patience.get());
  }
}
