// SPDX-License-Identifier: Apache-2.0
package io.margay.core.trust;

/** A jar is not to run here; the message says why, in a sentence. */
public final class RefusedException extends Exception {
  private static final long serialVersionUID = 1L;

  public RefusedException(String message) {
    super(message);
  }

  public RefusedException(String message, Throwable cause) {
    super(message, cause);
  }
}
