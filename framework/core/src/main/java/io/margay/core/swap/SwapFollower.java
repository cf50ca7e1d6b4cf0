// SPDX-License-Identifier: Apache-2.0
package io.margay.core.swap;

import io.margay.api.console.CommandException;
import io.margay.api.console.Output;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.osgi.framework.Bundle;
import org.osgi.framework.FrameworkUtil;

/** Shows a swap to whom asked for it, as it goes on. */
final class SwapFollower {
  private static final long LOOK_MILLIS = 100;

  private final Deployment deployment;
  private final Output output;
  private final BlockingQueue<String> steps = new LinkedBlockingQueue<>();

  SwapFollower(Deployment deployment, Output output) {
    this.deployment = deployment;
    this.output = output;
  }

  /** Called on the swap thread for each step. */
  void step(String sentence) {
    steps.add(sentence);
  }

  /**
   * Waits for the end.
   *
   * @throws CommandException when it was refused or rolled back
   */
  void follow(String name, CompletableFuture<SwapRecord> swap)
      throws CommandException, InterruptedException {
    while (!swap.isDone()) {
      String step = steps.poll(LOOK_MILLIS, TimeUnit.MILLISECONDS);
      if (step != null) {
        output.message(step);
        output.flush();
      }
      if (isOurConsole(name) && deployment.isHandingOver(name)) {
        output.message("this console is being replaced: bundle:history tells how it ends");
        return;
      }
    }
    for (String step = steps.poll(); step != null; step = steps.poll()) {
      output.message(step);
    }
    SwapRecord record = end(swap);
    switch (record.outcome()) {
      case DONE, DRY_RUN -> output.result(sentence(record), record);
      case REFUSED -> throw new CommandException("refused: " + record.detail());
      case ROLLED_BACK -> throw new CommandException("rolled back: " + record.detail());
    }
  }

  /** Whether whoever reads us is served by the bundle: it waits for us before it stops. */
  private boolean isOurConsole(String name) {
    Bundle console = FrameworkUtil.getBundle(output.getClass());
    return console != null && name.equals(console.getSymbolicName());
  }

  private static SwapRecord end(CompletableFuture<SwapRecord> swap)
      throws CommandException, InterruptedException {
    try {
      return swap.get();
    } catch (ExecutionException e) {
      throw new CommandException(e.getCause().toString(), e);
    }
  }

  private static String sentence(SwapRecord record) {
    String detail = record.detail().isEmpty() ? "" : "; " + record.detail();
    if (record.outcome() == SwapRecord.Outcome.DRY_RUN) {
      return record.name() + " " + record.to() + " could take over" + detail;
    }
    if (record.to().isEmpty()) {
      return record.name() + " " + record.from() + " removed" + detail;
    }
    return record.from().isEmpty()
        ? record.name() + " " + record.to() + " installed" + detail
        : record.name() + " " + record.from() + " -> " + record.to() + detail;
  }
}
