// SPDX-License-Identifier: Apache-2.0
package io.margay.api.store;

/** The store could not do what was asked: unreachable, full, corrupt, or too slow. */
public class StoreException extends Exception {
  private static final long serialVersionUID = 1L;

  public StoreException(String message) {
    super(message);
  }

  public StoreException(String message, Throwable cause) {
    super(message, cause);
  }
}
