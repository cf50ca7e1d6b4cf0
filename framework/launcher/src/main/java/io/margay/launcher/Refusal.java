// SPDX-License-Identifier: Apache-2.0
package io.margay.launcher;

/** Why the agent does not start: one message for a person and the exit code of the process. */
public final class Refusal extends Exception {
  private static final long serialVersionUID = 1;

  /** The command line is wrong. As all codes here from sysexits.h. */
  static final int USAGE = 64;

  /** The installation is damaged: a bundle is missing, altered or does not start. */
  static final int SOFTWARE = 70;

  /** Something on this machine is in the way: a file, or another agent. */
  static final int CANNOT_CREATE = 73;

  /** Rights of root are missing. */
  static final int NO_PERMISSION = 77;

  /** A configuration file has a bad line. */
  static final int CONFIG = 78;

  private final int exitCode;

  Refusal(int exitCode, String message) {
    super(message);
    this.exitCode = exitCode;
  }

  Refusal(int exitCode, String message, Throwable cause) {
    super(message, cause);
    this.exitCode = exitCode;
  }

  int exitCode() {
    return exitCode;
  }
}
