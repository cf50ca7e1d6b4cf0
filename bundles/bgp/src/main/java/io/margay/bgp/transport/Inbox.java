// SPDX-License-Identifier: Apache-2.0
package io.margay.bgp.transport;

/** Where bytes are read from, for all connections of a thread one after the other. */
final class Inbox {
  private byte[] bytes = new byte[128 * 1024];

  /** At least so many, their content undefined. */
  byte[] bytes(int length) {
    if (length > bytes.length) {
      bytes = new byte[length];
    }
    return bytes;
  }
}
