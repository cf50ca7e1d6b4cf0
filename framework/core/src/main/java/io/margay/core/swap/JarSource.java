// SPDX-License-Identifier: Apache-2.0
package io.margay.core.swap;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.URLConnection;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Where an operator says a jar is: a file of the node, or a URL that is fetched to a temporary file
 * first.
 */
final class JarSource implements AutoCloseable {
  private static final int TIMEOUT_MILLIS = 30_000;
  private static final long MAX_BYTES = 256L << 20;

  private final Path file;
  private final Optional<Path> temporary;

  private JarSource(Path file, Optional<Path> temporary) {
    this.file = file;
    this.temporary = temporary;
  }

  static JarSource open(String text) throws SwapException {
    if (!text.matches("(https?|file):.*")) {
      Path file = Path.of(text);
      if (!file.isAbsolute()) {
        throw new SwapException(text + " (expected: an absolute path on the node, or a URL)");
      }
      return of(file);
    }
    URI uri = URI.create(text);
    return uri.getScheme().equals("file") ? of(Path.of(uri)) : fetch(uri);
  }

  Path file() {
    return file;
  }

  @Override
  public void close() throws IOException {
    if (temporary.isPresent()) {
      Files.deleteIfExists(temporary.get());
    }
  }

  private static JarSource of(Path file) throws SwapException {
    if (!Files.isRegularFile(file)) {
      throw new SwapException(file + ": no such file");
    }
    return new JarSource(file, Optional.empty());
  }

  private static JarSource fetch(URI uri) throws SwapException {
    try {
      Path temporary = Files.createTempFile("margay-", ".jar");
      URLConnection connection = uri.toURL().openConnection();
      connection.setConnectTimeout(TIMEOUT_MILLIS);
      connection.setReadTimeout(TIMEOUT_MILLIS);
      try (InputStream in = connection.getInputStream();
          var out = Files.newOutputStream(temporary)) {
        byte[] buffer = new byte[1 << 16];
        long total = 0;
        for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
          total += n;
          if (total > MAX_BYTES) {
            throw new IOException("longer than " + MAX_BYTES + " bytes");
          }
          out.write(buffer, 0, n);
        }
      } catch (IOException e) {
        Files.delete(temporary);
        throw e;
      }
      return new JarSource(temporary, Optional.of(temporary));
    } catch (IOException e) {
      throw new SwapException(uri + " cannot be fetched: " + e.getMessage(), e);
    }
  }
}
