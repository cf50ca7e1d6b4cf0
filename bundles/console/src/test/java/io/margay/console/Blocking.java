// SPDX-License-Identifier: Apache-2.0
package io.margay.console;

import io.margay.api.console.Command;
import io.margay.api.console.CommandSpec;
import io.margay.api.console.Invocation;
import io.margay.api.console.Output;
import java.util.concurrent.CountDownLatch;

/** A command that says that it runs, and then runs until it is interrupted. */
final class Blocking implements Command {
  final CountDownLatch interrupted = new CountDownLatch(1);

  @Override
  public CommandSpec spec() {
    return CommandSpec.of("test", "block", "wait for Ctrl-C");
  }

  @Override
  public void run(Invocation invocation, Output output) throws InterruptedException {
    output.message("running");
    try {
      new CountDownLatch(1).await();
    } catch (InterruptedException e) {
      interrupted.countDown();
      throw e;
    }
  }
}
