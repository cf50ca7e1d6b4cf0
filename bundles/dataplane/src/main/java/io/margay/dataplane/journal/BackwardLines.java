// SPDX-License-Identifier: Apache-2.0
package io.margay.dataplane.journal;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;

/** The lines of a file from its end to its begin, with memory for one block and one line. */
final class BackwardLines implements AutoCloseable {
  private static final int BLOCK_BYTES = 64 << 10;

  private final FileChannel file;
  private final ByteBuffer block = ByteBuffer.allocate(BLOCK_BYTES);

  /** Where the block begins in the file. */
  private long position;

  /** Bytes of the block that are not given yet. */
  private int left;

  BackwardLines(Path path) throws IOException {
    file = FileChannel.open(path, StandardOpenOption.READ);
    position = file.size();
  }

  /**
   * The next line without its line feed; null when there is none. What is after the last line feed
   * is the first, empty when nothing is.
   */
  byte[] next() throws IOException {
    byte[] line = new byte[0];
    if (left == 0 && position == 0) {
      return null;
    }
    while (true) {
      if (left == 0) {
        if (position == 0) {
          return line;
        }
        fill();
      }
      byte[] bytes = block.array();
      int start = left;
      while (start > 0 && bytes[start - 1] != '\n') {
        start--;
      }
      line = joined(bytes, start, left, line);
      if (start > 0) {
        left = start - 1;
        return line;
      }
      left = 0;
    }
  }

  private static byte[] joined(byte[] bytes, int from, int to, byte[] tail) {
    byte[] head = Arrays.copyOfRange(bytes, from, to + tail.length);
    System.arraycopy(tail, 0, head, to - from, tail.length);
    return head;
  }

  private void fill() throws IOException {
    int length = (int) Math.min(BLOCK_BYTES, position);
    position -= length;
    block.clear().limit(length);
    while (block.hasRemaining()) {
      if (file.read(block, position + block.position()) < 0) {
        throw new IOException("a segment of the journal became shorter while it was read");
      }
    }
    left = length;
  }

  @Override
  public void close() throws IOException {
    file.close();
  }
}
