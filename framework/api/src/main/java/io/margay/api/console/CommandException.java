// SPDX-License-Identifier: Apache-2.0
package io.margay.api.console;

/** A command did not do what was asked; the message is for the operator. */
public final class CommandException extends Exception {
  private static final long serialVersionUID = 1L;
  private final int exitCode;

  /** Ends the command with exit code 1. */
  public CommandException(String message) {
    this(message, 1);
  }

  /**
   * Ends the command with this exit code.
   *
   * @param exitCode 1..125
   */
  public CommandException(String message, int exitCode) {
    super(message);
    this.exitCode = exitCode;
  }

  public CommandException(String message, Throwable cause) {
    super(message, cause);
    this.exitCode = 1;
  }

  public int exitCode() {
    return exitCode;
  }
}
