// SPDX-License-Identifier: Apache-2.0
package io.margay.core.swap;

/** A bundle was not replaced, installed or removed; the message says why, in a sentence. */
public final class SwapException extends Exception {
  private static final long serialVersionUID = 1L;

  public SwapException(String message) {
    super(message);
  }

  public SwapException(String message, Throwable cause) {
    super(message, cause);
  }
}
