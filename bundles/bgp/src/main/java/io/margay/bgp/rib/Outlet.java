// SPDX-License-Identifier: Apache-2.0
package io.margay.bgp.rib;

/** Where the messages to one peer go. Called on the RIB's thread; never blocks. */
public interface Outlet {
  /** Bytes that may be sent to many peers without being copied for each. */
  interface Shared {
    /** Nobody else will send them. */
    void release();
  }

  /** Makes bytes ready to be sent to any peer; they are copied. */
  Shared share(byte[] bytes, int length);

  /** Queues a part of them. */
  void send(Shared bytes, int from, int to);

  /** Hands over what is queued to the kernel. */
  void flush();

  /** Whether the peer reads: when not, nothing more is queued until it does again. */
  boolean isWritable();
}
