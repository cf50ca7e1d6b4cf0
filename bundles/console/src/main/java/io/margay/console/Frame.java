// SPDX-License-Identifier: Apache-2.0
package io.margay.console;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;

/**
 * One message between {@code margay-client} and the console: type (u8), length (u32), payload. The
 * head of margay-client.c lists the types.
 */
record Frame(char type, byte[] payload) {
  static final char EXECUTE = 'E';
  static final char TERMINAL = 'T';
  static final char INPUT = 'I';
  static final char WINDOW = 'W';
  static final char INTERRUPT = 'C';
  static final char OUT = 'o';
  static final char ERR = 'e';
  static final char WANT_INPUT = 'r';
  static final char EXIT = 'x';

  /** Largest payload in bytes, both ways. */
  static final int MAX_PAYLOAD = 1 << 20;

  static Frame read(DataInputStream in) throws IOException {
    char type = (char) in.readUnsignedByte();
    int length = in.readInt();
    if (length < 0 || length > MAX_PAYLOAD) {
      throw new IOException("frame: " + length + " bytes (expected: 0.." + MAX_PAYLOAD + ")");
    }
    byte[] payload = new byte[length];
    in.readFully(payload);
    return new Frame(type, payload);
  }

  void write(DataOutputStream out) throws IOException {
    out.writeByte(type);
    out.writeInt(payload.length);
    out.write(payload);
  }

  /** The big-endian u16 at this offset, or 0 where the payload is too short. */
  int u16(int offset) {
    return payload.length < offset + 2
        ? 0
        : (payload[offset] & 0xff) << 8 | payload[offset + 1] & 0xff;
  }
}
