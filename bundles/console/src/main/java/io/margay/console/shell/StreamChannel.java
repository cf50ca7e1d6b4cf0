// SPDX-License-Identifier: Apache-2.0
package io.margay.console.shell;

import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.WritableByteChannel;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A session's stream as the channel Gogo wants. Those of {@link java.nio.channels.Channels} close
 * their stream for good when a thread is interrupted in it, which is what Ctrl-C does.
 */
final class StreamChannel {
  private StreamChannel() {}

  /** One thread reads at a time. */
  static final class Input implements ReadableByteChannel {
    private final InputStream in;
    private final ReentrantLock reading = new ReentrantLock();

    /** Of a stream whose {@code read} can be interrupted. */
    Input(InputStream in) {
      this.in = in;
    }

    @Override
    public int read(ByteBuffer to) throws IOException {
      try {
        reading.lockInterruptibly();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw (IOException) new InterruptedIOException("interrupted").initCause(e);
      }
      try {
        byte[] bytes = new byte[Math.min(to.remaining(), 8192)];
        int count = in.read(bytes);
        if (count > 0) {
          to.put(bytes, 0, count);
        }
        return count;
      } finally {
        reading.unlock();
      }
    }

    /**
     * Waits until a command that was interrupted no longer reads, or it would take keys that are
     * meant for the next line. Not for long: what was put into the background may read for ever.
     */
    void awaitIdle() {
      try {
        if (reading.tryLock(1, TimeUnit.SECONDS)) {
          reading.unlock();
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }

    @Override
    public boolean isOpen() {
      return true;
    }

    @Override
    public void close() {}
  }

  /** Flushes after each write: Gogo passes no flush on. */
  static WritableByteChannel of(OutputStream out) {
    return new WritableByteChannel() {
      @Override
      public synchronized int write(ByteBuffer from) throws IOException {
        byte[] bytes = new byte[from.remaining()];
        from.get(bytes);
        out.write(bytes);
        out.flush();
        return bytes.length;
      }

      @Override
      public boolean isOpen() {
        return true;
      }

      @Override
      public void close() {}
    };
  }
}
