// SPDX-License-Identifier: Apache-2.0
package io.margay.console.audit;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * A file of lines that only root reads, and that never grows beyond its bound: when it is full it
 * becomes {@code NAME.1}, that one {@code NAME.2}, and so on; the oldest goes. Not for several
 * threads.
 */
final class RotatedFile {
  private final Path path;
  private final long maxBytes;
  private final int kept;

  /**
   * @param maxBytes size of one file, about
   * @param kept how many full files stay beside the one that is written
   */
  RotatedFile(Path path, long maxBytes, int kept) {
    this.path = path;
    this.maxBytes = maxBytes;
    this.kept = kept;
  }

  /** Appends a line in one write; opens the file each time, so that it may be moved away. */
  void append(String line) throws IOException {
    ByteBuffer bytes = StandardCharsets.UTF_8.encode(line + "\n");
    if (Files.exists(path) && Files.size(path) + bytes.remaining() > maxBytes) {
      rotate();
    }
    try (FileChannel file =
        FileChannel.open(
            path,
            Set.of(StandardOpenOption.CREATE, StandardOpenOption.APPEND),
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")))) {
      while (bytes.hasRemaining()) {
        file.write(bytes);
      }
    }
  }

  /** All files that are there, the oldest first. */
  List<Path> files() {
    List<Path> files = new ArrayList<>();
    for (int age = kept; age >= 0; age--) {
      if (Files.exists(aged(age))) {
        files.add(aged(age));
      }
    }
    return files;
  }

  private void rotate() throws IOException {
    for (int age = kept - 1; age >= 0; age--) {
      if (Files.exists(aged(age))) {
        Files.move(aged(age), aged(age + 1), StandardCopyOption.REPLACE_EXISTING);
      }
    }
  }

  private Path aged(int age) {
    return age == 0 ? path : path.resolveSibling(path.getFileName() + "." + age);
  }
}
