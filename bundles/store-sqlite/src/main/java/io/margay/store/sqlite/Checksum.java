// SPDX-License-Identifier: Apache-2.0
package io.margay.store.sqlite;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.margay.api.store.Key;
import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/**
 * Guards a row against flipped bits, which SQLite's own checks do not see inside a value. CRC32C of
 * kind, namespace and name (each ended by a zero byte), revision (8 bytes), and the document.
 */
final class Checksum {
  private Checksum() {}

  static long of(Key key, long revision, byte[] jsonOrNull) {
    CRC32C crc = new CRC32C();
    for (String part : new String[] {key.kind(), key.namespace(), key.name()}) {
      crc.update(part.getBytes(UTF_8));
      crc.update(0);
    }
    crc.update(ByteBuffer.allocate(Long.BYTES).putLong(0, revision));
    if (jsonOrNull != null) {
      crc.update(jsonOrNull);
    }
    return crc.getValue();
  }
}
