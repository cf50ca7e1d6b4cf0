// SPDX-License-Identifier: Apache-2.0
package io.margay.core.support;

import io.margay.api.resource.InvalidResourceException;
import io.margay.api.resource.Json;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Base64;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;

/** Files of text as one string that fits into a document of the store. */
final class Parcel {
  /** Of the string; Kubernetes takes documents of 1.5 MiB, and others wait for ours. */
  static final int MAX_CHARS = 256 << 10;

  /** Of what is unpacked: nobody is to fill our memory. */
  private static final int MAX_UNPACKED = 64 << 20;

  private Parcel() {}

  /** Packs the files; the largest lose their beginnings until all fits. */
  static String pack(Map<String, String> files) {
    Map<String, Object> shorter = new LinkedHashMap<>(files);
    while (true) {
      String packed = Base64.getEncoder().encodeToString(gzip(Json.write(shorter)));
      if (packed.length() <= MAX_CHARS) {
        return packed;
      }
      String largest =
          shorter.entrySet().stream()
              .max(Comparator.comparingInt(e -> e.getValue().toString().length()))
              .orElseThrow()
              .getKey();
      shorter.compute(largest, (name, text) -> shorten(text.toString()));
    }
  }

  static Map<String, String> unpack(String packed) throws IOException {
    byte[] json;
    try (GZIPInputStream in =
        new GZIPInputStream(new ByteArrayInputStream(Base64.getDecoder().decode(packed)))) {
      json = in.readNBytes(MAX_UNPACKED);
    }
    Map<String, String> files = new LinkedHashMap<>();
    try {
      Json.parseObject(json).forEach((name, text) -> files.put(name, String.valueOf(text)));
    } catch (InvalidResourceException e) {
      throw new IOException("unreadable answer: " + e.getMessage(), e);
    }
    return files;
  }

  /** The latest is at the end, in logs and journals. */
  private static String shorten(String text) {
    return "(shortened)\n" + text.substring(text.length() / 2 + 1);
  }

  private static byte[] gzip(byte[] data) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (GZIPOutputStream zip = new GZIPOutputStream(out)) {
      zip.write(data);
    } catch (IOException e) {
      throw new UncheckedIOException(e); // Memory does no I/O.
    }
    return out.toByteArray();
  }
}
