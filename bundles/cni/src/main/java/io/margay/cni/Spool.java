// SPDX-License-Identifier: Apache-2.0
package io.margay.cni;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * DEL requests that wait, one file for each attachment, named {@code network,container,ifname}. The
 * relay writes it while no agent answers, the agent while it cannot serve. Format: {@link RawCall}.
 */
final class Spool {
  private static final Path BOOT_ID = Path.of("/proc/sys/kernel/random/boot_id");

  /** Begins the names of files that are being written, and not yet what waits. */
  private static final String UNFINISHED = ".agent-";

  private static final String OWN = UNFINISHED + ProcessHandle.current().pid() + "-";

  private final Path directory;

  Spool(Path directory) {
    this.directory = directory;
  }

  /** Deletes what agents before this one were writing when they were killed. */
  void clean() throws IOException {
    try (DirectoryStream<Path> files = Files.newDirectoryStream(directory, UNFINISHED + "*")) {
      for (Path file : files) {
        if (!file.getFileName().toString().startsWith(OWN)) {
          Files.deleteIfExists(file);
        }
      }
    }
  }

  Path directory() {
    return directory;
  }

  /** What waits; the name alone tells what to delete, whatever the file holds. */
  List<Attachment> waiting() throws IOException {
    List<Attachment> waiting = new ArrayList<>();
    try (DirectoryStream<Path> files = Files.newDirectoryStream(directory)) {
      for (Path file : files) {
        parse(file.getFileName().toString()).ifPresent(waiting::add);
      }
    } catch (NoSuchFileException e) {
      return List.of(); // Nobody has written yet.
    }
    return waiting;
  }

  boolean holds(Attachment attachment) {
    return Files.exists(file(attachment));
  }

  /** Keeps a DEL; it survives a crash of the machine once this returns. */
  void write(Attachment attachment, RawCall call) throws IOException {
    Map<String, String> environment = new HashMap<>(call.environment());
    environment.put(RawCall.BOOT_ID, Files.readString(BOOT_ID).strip());
    Files.createDirectories(directory);
    Path fresh = Files.createTempFile(directory, OWN, "");
    try (FileChannel channel = FileChannel.open(fresh, StandardOpenOption.WRITE)) {
      ByteBuffer bytes = ByteBuffer.wrap(new RawCall(environment, call.input()).encode());
      while (bytes.hasRemaining()) {
        channel.write(bytes);
      }
      channel.force(true);
      Files.move(fresh, file(attachment), StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      Files.deleteIfExists(fresh);
      throw e;
    }
    syncDirectory();
  }

  /** Removes what {@link #write} kept; nothing there: success. */
  void remove(Attachment attachment) throws IOException {
    if (Files.deleteIfExists(file(attachment))) {
      syncDirectory();
    }
  }

  /** What to do with a spooled DEL. */
  interface Execution {
    void execute(RawCall call) throws CniException;
  }

  /**
   * Executes a spooled DEL and removes it; without one, does nothing.
   *
   * <p>While a bundle is replaced, two instances read one spool, and the second must not repeat a
   * DEL after an ADD has followed it. A lock on the file tells who executes; who waited finds the
   * file gone.
   *
   * @return whether this call executed it
   */
  boolean execute(Attachment attachment, Deadline deadline, Execution execution)
      throws IOException, CniException {
    Path file = file(attachment);
    try (FileChannel channel =
            FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE);
        FileLock lock = lock(channel, deadline)) {
      if (!lock.isValid() || !Files.exists(file)) {
        return false;
      }
      execution.execute(read(file));
      remove(attachment);
      return true;
    } catch (NoSuchFileException e) {
      return false; // Executed by somebody else, or there was none.
    }
  }

  private static FileLock lock(FileChannel channel, Deadline deadline) throws IOException {
    while (true) {
      try {
        FileLock lock = channel.tryLock();
        if (lock != null) {
          return lock;
        }
      } catch (OverlappingFileLockException e) {
        // Another instance in this very process.
      }
      if (deadline.millisLeft() == 0) {
        throw new IOException("a spooled DEL is being executed by another instance");
      }
      try {
        Thread.sleep(10);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IOException("the agent is stopping", e);
      }
    }
  }

  private static RawCall read(Path file) throws IOException {
    try {
      return RawCall.decode(Files.readAllBytes(file));
    } catch (IllegalArgumentException e) {
      return new RawCall(Map.of(), new byte[0]); // The name is enough.
    }
  }

  private Path file(Attachment attachment) {
    return directory.resolve(
        attachment.network() + "," + attachment.container() + "," + attachment.ifname());
  }

  private static Optional<Attachment> parse(String name) {
    String[] parts = name.split(",", 3);
    return name.startsWith(".") || parts.length < 3
        ? Optional.empty()
        : Optional.of(new Attachment(parts[0], parts[1], parts[2]));
  }

  private void syncDirectory() throws IOException {
    try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }
}
