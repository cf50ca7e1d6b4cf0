// SPDX-License-Identifier: Apache-2.0
package io.margay.core.support;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;

/** An archive of regular files in folders, POSIX.1-1988 ustar. */
final class TarWriter implements AutoCloseable {
  private static final int BLOCK = 512;
  private static final int NAME_BYTES = 100;
  private static final int FOLDER_AT = 345;
  private static final int FOLDER_BYTES = 155;

  private final OutputStream out;
  private final long seconds;

  TarWriter(OutputStream out, Instant time) {
    this.out = out;
    this.seconds = time.getEpochSecond();
  }

  /**
   * Adds a file that only its owner may read.
   *
   * @param folder at most 155 bytes
   * @param name at most 100 bytes
   */
  void add(String folder, String name, byte[] content) throws IOException {
    byte[] header = new byte[BLOCK];
    bytes(header, 0, NAME_BYTES, name);
    bytes(header, FOLDER_AT, FOLDER_BYTES, folder);
    octal(header, 100, 8, 0600); // mode
    octal(header, 108, 8, 0); // user
    octal(header, 116, 8, 0); // group
    octal(header, 124, 12, content.length);
    octal(header, 136, 12, seconds);
    header[156] = '0'; // a regular file
    text(header, 257, "ustar\00000");
    Arrays.fill(header, 148, 156, (byte) ' ');
    int sum = 0;
    for (byte b : header) {
      sum += b & 0xff;
    }
    octal(header, 148, 7, sum);
    out.write(header);
    out.write(content);
    out.write(new byte[(BLOCK - content.length % BLOCK) % BLOCK]);
  }

  /** Two empty blocks end the archive. */
  @Override
  public void close() throws IOException {
    out.write(new byte[2 * BLOCK]);
    out.close();
  }

  private static void bytes(byte[] header, int at, int length, String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    if (bytes.length > length) {
      throw new IllegalArgumentException(text + ": too long (expected: " + length + " bytes)");
    }
    System.arraycopy(bytes, 0, header, at, bytes.length);
  }

  /** Digits, and a zero byte. */
  private static void octal(byte[] header, int at, int length, long value) {
    text(header, at, ("%0" + (length - 1) + "o").formatted(value));
    header[at + length - 1] = 0;
  }

  private static void text(byte[] header, int at, String text) {
    byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
    System.arraycopy(bytes, 0, header, at, bytes.length);
  }
}
