// SPDX-License-Identifier: Apache-2.0
package io.margay.console.shell;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.WritableByteChannel;

/**
 * A session's stream as the channel Gogo wants. Those of {@link java.nio.channels.Channels} close
 * their stream for good when a thread is interrupted in it, which is what Ctrl-C does.
 */
final class StreamChannel {
  private StreamChannel() {}

  static ReadableByteChannel of(InputStream in) {
    return new ReadableByteChannel() {
      @Override
      public int read(ByteBuffer to) throws IOException {
        byte[] bytes = new byte[Math.min(to.remaining(), 8192)];
        int count = in.read(bytes);
        if (count > 0) {
          to.put(bytes, 0, count);
        }
        return count;
      }

      @Override
      public boolean isOpen() {
        return true;
      }

      @Override
      public void close() {}
    };
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
