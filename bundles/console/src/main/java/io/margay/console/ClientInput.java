// SPDX-License-Identifier: Apache-2.0
package io.margay.console;

import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;

/** What the client sends as standard input or keys, as a stream. One thread reads at a time. */
final class ClientInput extends InputStream {
  /** Asks the client for one more chunk. */
  interface Request {
    void send() throws IOException;
  }

  private static final byte[] END = new byte[0];

  private final BlockingQueue<byte[]> chunks = new LinkedBlockingQueue<>();
  private final Request request;
  private byte[] current = new byte[0];
  private int position;
  private boolean requested;
  private boolean ended;

  ClientInput(Request request) {
    this.request = request;
  }

  /** Takes a chunk from the client; an empty one ends the stream. */
  void receive(byte[] chunk) {
    chunks.add(chunk.length == 0 ? END : chunk);
  }

  @Override
  public synchronized int read() throws IOException {
    return fill() ? current[position++] & 0xff : -1;
  }

  @Override
  public synchronized int read(byte[] bytes, int offset, int length) throws IOException {
    if (length == 0) {
      return 0;
    }
    if (!fill()) {
      return -1;
    }
    int count = Math.min(length, current.length - position);
    System.arraycopy(current, position, bytes, offset, count);
    position += count;
    return count;
  }

  @Override
  public synchronized int available() {
    return current.length - position;
  }

  private boolean fill() throws IOException {
    if (position == current.length && !ended) {
      if (!requested) {
        request.send();
        requested = true; // A reader that is interrupted leaves its request to the next one.
      }
      try {
        current = chunks.take();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw (IOException) new InterruptedIOException("interrupted").initCause(e);
      }
      requested = false;
      position = 0;
      ended = current == END;
    }
    return !ended;
  }
}
