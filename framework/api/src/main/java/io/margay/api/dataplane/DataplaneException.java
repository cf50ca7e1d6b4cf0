// SPDX-License-Identifier: Apache-2.0
package io.margay.api.dataplane;

/** The kernel refused. The message is operation, object and cause, in that order. */
public class DataplaneException extends Exception {
  private static final long serialVersionUID = 1L;
  private final String errno;

  /**
   * @param errno the kernel's name for the error, such as {@code EEXIST}; empty when it was not the
   *     kernel that refused
   */
  public DataplaneException(String message, String errno) {
    super(message);
    this.errno = errno;
  }

  public DataplaneException(String message, String errno, Throwable cause) {
    super(message, cause);
    this.errno = errno;
  }

  public String errno() {
    return errno;
  }
}
