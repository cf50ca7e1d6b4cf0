// SPDX-License-Identifier: Apache-2.0
package io.margay.core;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/** The file {@code ready} with the agent's pid: there from when the node serves until it stops. */
final class ReadyFile {
  private final Path file;

  ReadyFile(Path run) {
    file = run.resolve("ready");
  }

  /** Writes the file; who sees it sees all of it. */
  void write() throws IOException {
    Files.createDirectories(file.getParent());
    Path fresh = file.resolveSibling("ready.new");
    Files.writeString(fresh, ProcessHandle.current().pid() + "\n");
    Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }

  void delete() throws IOException {
    Files.deleteIfExists(file);
  }
}
