// SPDX-License-Identifier: Apache-2.0
package io.margay.ssh;

import java.io.FilterInputStream;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;

/** When something last went through a session's streams. */
final class Activity {
  private volatile long lastNanos = System.nanoTime();

  void touch() {
    lastNanos = System.nanoTime();
  }

  long idleNanos() {
    return System.nanoTime() - lastNanos;
  }

  InputStream watch(InputStream in) {
    return new FilterInputStream(in) {
      @Override
      public int read() throws IOException {
        int read = super.read();
        touch();
        return read;
      }

      @Override
      public int read(byte[] bytes, int offset, int length) throws IOException {
        int read = super.read(bytes, offset, length);
        touch();
        return read;
      }
    };
  }

  OutputStream watch(OutputStream out) {
    return new FilterOutputStream(out) {
      @Override
      public void write(byte[] bytes, int offset, int length) throws IOException {
        touch();
        out.write(bytes, offset, length);
      }

      @Override
      public void write(int b) throws IOException {
        touch();
        out.write(b);
      }
    };
  }
}
