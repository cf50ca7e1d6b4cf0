// SPDX-License-Identifier: Apache-2.0
package io.margay.dataplane.trace;

import io.margay.netlink.Errno;
import java.io.IOException;

/** A system call failed: what it was to do, and the name of the error. */
final class ErrnoException extends IOException {
  private static final long serialVersionUID = 1L;

  ErrnoException(String operation, int errno) {
    super(operation + ": " + Errno.name(errno));
  }
}
