// SPDX-License-Identifier: Apache-2.0
package io.margay.netlink;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Queue;
import java.util.concurrent.ArrayBlockingQueue;

/**
 * Direct buffers for the system calls. Reused, because short-lived sockets would leave them to a
 * late GC.
 */
final class Buffers {
  /** More than the kernel puts into one datagram of a dump (32 KiB). */
  static final int BYTES = 64 << 10;

  private static final Queue<ByteBuffer> FREE = new ArrayBlockingQueue<>(8);

  private Buffers() {}

  static ByteBuffer take() {
    ByteBuffer free = FREE.poll();
    return free == null ? allocate(BYTES) : free;
  }

  /** The caller keeps no reference. */
  static void give(ByteBuffer buffer) {
    FREE.offer(buffer);
  }

  static ByteBuffer allocate(int bytes) {
    return ByteBuffer.allocateDirect(bytes).order(ByteOrder.nativeOrder());
  }

  static ByteBuffer ofInt(int value) {
    return allocate(4).putInt(0, value);
  }
}
