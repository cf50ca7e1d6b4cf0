// SPDX-License-Identifier: Apache-2.0
package io.margay.console.shell;

/** A command line that does not fit its command; the message says what is wrong and allowed. */
final class UsageException extends Exception {
  private static final long serialVersionUID = 1L;

  UsageException(String message) {
    super(message);
  }
}
