// SPDX-License-Identifier: Apache-2.0
package io.margay.api.console;

import java.util.List;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * A console command. Register it as a service; the console shows it as {@code scope:name}, checks
 * role and arguments, completes, and renders what it emits.
 */
@ConsumerType
public interface Command {
  /** Constant for the life of the service. */
  CommandSpec spec();

  /**
   * Runs the command on a thread of the console; may block, and is interrupted by Ctrl-C.
   *
   * @throws CommandException with a message for the operator
   * @throws InterruptedException when interrupted; the command ends
   */
  void run(Invocation invocation, Output output) throws CommandException, InterruptedException;

  /**
   * Says what {@link #run} would do with these arguments, and changes nothing. The console asks for
   * it before a command that changes something, when a person is there who is then asked whether to
   * go on; never before scripts. A command that says nothing is named with its summary.
   *
   * @throws CommandException when it cannot be done, with the reason; nobody is asked then
   * @throws InterruptedException when interrupted; the command is not run
   */
  default void preview(Invocation invocation, Output output)
      throws CommandException, InterruptedException {}

  /**
   * Values to offer for an argument or option; called while the operator types, so it is quick.
   *
   * @param name which argument or option
   */
  default List<String> complete(String name) {
    return List.of();
  }
}
