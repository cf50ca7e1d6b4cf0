// SPDX-License-Identifier: Apache-2.0
package io.margay.netlink;

import jnr.ffi.LastError;
import jnr.ffi.LibraryLoader;
import jnr.ffi.Runtime;

/** The loaded library, and the errno of this thread's last call. */
final class Native {
  static final Libc C = LibraryLoader.create(Libc.class).load("c");
  static final Runtime RUNTIME = Runtime.getRuntime(C);

  private Native() {}

  /** The errno that the last failed call of this thread left. */
  static int errno() {
    return LastError.getLastError(RUNTIME);
  }

  /** Throws with the errno of the call that just returned {@code result}, if it failed. */
  static int check(int result, String operation) throws NetlinkException {
    if (result < 0) {
      throw new NetlinkException(operation, errno(), "");
    }
    return result;
  }
}
