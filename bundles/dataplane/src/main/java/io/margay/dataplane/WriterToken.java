// SPDX-License-Identifier: Apache-2.0
package io.margay.dataplane;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.function.BooleanSupplier;

/**
 * The right to write the kernel of one node, or its journal. While the bundle is swapped two
 * dataplanes live side by side: the new one waits here until the old has released. A lock on a file
 * is seen by all class loaders of this process and by other processes, and goes with a killed one.
 */
final class WriterToken implements AutoCloseable {
  private static final long POLL_MILLIS = 10;

  private final FileChannel channel;
  private final FileLock lock;

  private WriterToken(FileChannel channel, FileLock lock) {
    this.channel = channel;
    this.lock = lock;
  }

  /**
   * Waits for the token. The file is opened once: closing a second channel of it would drop the
   * holder's lock towards other processes.
   *
   * @param file the file to lock; made when it is missing
   * @param cancelled asked every few milliseconds
   * @return null when cancelled
   */
  static WriterToken await(Path file, BooleanSupplier cancelled)
      throws IOException, InterruptedException {
    Files.createDirectories(file.getParent());
    FileChannel channel =
        FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    try {
      while (!cancelled.getAsBoolean()) {
        FileLock lock = tryLock(channel);
        if (lock != null) {
          return new WriterToken(channel, lock);
        }
        Thread.sleep(POLL_MILLIS);
      }
    } catch (IOException | InterruptedException e) {
      channel.close();
      throw e;
    }
    channel.close();
    return null;
  }

  private static FileLock tryLock(FileChannel channel) throws IOException {
    try {
      return channel.tryLock();
    } catch (OverlappingFileLockException e) {
      return null; // held in this process
    }
  }

  @Override
  public void close() throws IOException {
    lock.release();
    channel.close();
  }
}
