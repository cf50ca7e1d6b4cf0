// SPDX-License-Identifier: Apache-2.0
package io.margay.console;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The keys of a terminal. The editor holds a line in memory until it is complete, so one that never
 * ends would take the agent's memory: after too many keys for one line, the keys end.
 */
final class TypedInput extends FilterInputStream {
  private static final int MAX_BYTES = 1 << 18;

  private final AtomicInteger count = new AtomicInteger();

  TypedInput(InputStream keys) {
    super(keys);
  }

  /** The editor has handed a line over; it begins the next with nothing. */
  void lineTaken() {
    count.set(0);
  }

  @Override
  public int read() throws IOException {
    int key = isTooMuch(0) ? -1 : super.read();
    return key < 0 || isTooMuch(1) ? -1 : key;
  }

  @Override
  public int read(byte[] bytes, int offset, int length) throws IOException {
    int read = isTooMuch(0) ? -1 : super.read(bytes, offset, length);
    return read < 0 || isTooMuch(read) ? -1 : read;
  }

  /** Whoever opened the console goes on reading, perhaps with another one. */
  @Override
  public void close() {}

  private boolean isTooMuch(int more) {
    return count.addAndGet(more) > MAX_BYTES;
  }
}
