// SPDX-License-Identifier: Apache-2.0
package io.margay.core.swap;

import io.margay.api.dataplane.Change;
import io.margay.core.ModeGate;
import io.margay.core.ModeState;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.osgi.framework.Bundle;

/** What core says about modes, for who can wait for it. On any thread but core's own. */
final class ModeAnswers {
  private static final long PATIENCE_SECONDS = 10;

  private final Supplier<Optional<ModeGate>> gate;

  ModeAnswers(Supplier<Optional<ModeGate>> gate) {
    this.gate = gate;
  }

  /** The modes of all bundles; none while there is no agent. */
  List<ModeState> states() throws SwapException, InterruptedException {
    Optional<ModeGate> core = gate.get();
    return core.isEmpty() ? List.of() : answer(core.get().modes());
  }

  /** The modes of one bundle. */
  List<ModeState> states(Bundle bundle) throws SwapException, InterruptedException {
    return states().stream().filter(m -> m.provider().id() == bundle.getBundleId()).toList();
  }

  /**
   * See {@link ModeGate#rehearseModes}; nothing while there is no agent.
   *
   * @throws SwapException a mode of the bundle throws, is late, or wants what it may not own
   */
  List<Change> rehearse(Bundle bundle) throws SwapException, InterruptedException {
    Optional<ModeGate> core = gate.get();
    return core.isEmpty() ? List.of() : answer(core.get().rehearseModes(bundle.getBundleId()));
  }

  /** See {@link ModeGate#adoptModes}. */
  void adopt(Bundle bundle) throws SwapException, InterruptedException {
    Optional<ModeGate> core = gate.get();
    if (core.isPresent()) {
      answer(core.get().adoptModes(bundle.getBundleId()));
    }
  }

  private static <T> T answer(CompletionStage<T> question)
      throws SwapException, InterruptedException {
    try {
      return question.toCompletableFuture().get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      throw new SwapException(e.getCause().getMessage(), e);
    } catch (TimeoutException e) {
      throw new SwapException("the agent does not answer in " + PATIENCE_SECONDS + " s", e);
    }
  }
}
