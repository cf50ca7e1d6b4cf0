// SPDX-License-Identifier: Apache-2.0
package io.margay.bgp.policy;

import io.margay.api.resource.SecretKey;

/** Where passwords are. */
@FunctionalInterface
public interface Secrets {
  /** A secret that cannot be read; the message says which and why, and never what is in it. */
  final class UnreadableException extends Exception {
    private static final long serialVersionUID = 1;

    public UnreadableException(String message) {
      super(message);
    }
  }

  /** The password, 1 to 80 bytes. */
  String password(SecretKey key) throws UnreadableException;
}
