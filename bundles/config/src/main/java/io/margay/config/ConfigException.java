// SPDX-License-Identifier: Apache-2.0
package io.margay.config;

/** A configuration cannot be as was asked; nothing has changed. */
final class ConfigException extends Exception {
  private static final long serialVersionUID = 1L;

  ConfigException(String message) {
    super(message);
  }

  ConfigException(String message, Throwable cause) {
    super(message, cause);
  }
}
