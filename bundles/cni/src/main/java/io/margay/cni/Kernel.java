// SPDX-License-Identifier: Apache-2.0
package io.margay.cni;

import io.margay.cni.CniException.Code;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Waits for what the node agent does with the kernel. */
final class Kernel {
  private Kernel() {}

  /**
   * @throws CniException code 102 when the kernel refuses, 11 when it does not answer in time
   */
  static <T> T await(CompletionStage<T> work, Deadline deadline) throws CniException {
    try {
      return work.toCompletableFuture().get(deadline.millisLeft(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException e) {
      throw new CniException(Code.DATAPLANE, e.getCause().getMessage(), e.getCause());
    } catch (TimeoutException e) {
      throw new CniException(
          Code.TRY_AGAIN_LATER, "the kernel did not answer for the host's side in time", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CniException(Code.TRY_AGAIN_LATER, "the agent is stopping", e);
    }
  }
}
