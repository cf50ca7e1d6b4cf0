// SPDX-License-Identifier: Apache-2.0
package io.margay.console;

import io.margay.api.console.Command;
import io.margay.api.console.CommandSpec;
import io.margay.api.console.Invocation;
import io.margay.api.console.Output;
import java.util.concurrent.CountDownLatch;

/** A command that prints until nobody reads. */
final class Endless implements Command {
  private record Row(long number) {}

  final CountDownLatch ended = new CountDownLatch(1);

  @Override
  public CommandSpec spec() {
    return CommandSpec.of("test", "endless", "print without end").withRows(Row.class);
  }

  @Override
  public void run(Invocation invocation, Output output) {
    for (long number = 0; !output.isClosed(); number++) {
      output.row(new Row(number));
      output.flush();
    }
    ended.countDown();
  }
}
