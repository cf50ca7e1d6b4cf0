// SPDX-License-Identifier: Apache-2.0
package io.margay.store.sqlite;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.locks.LockSupport;

/**
 * Lets processes write in turn. SQLite alone is correct but unfair: its waiters sleep and poll, and
 * starved for seconds behind a busy process. The kernel drops the lock of a process that dies.
 *
 * <p>For one thread, which must never be interrupted: that would close the channel.
 */
final class FairLock implements AutoCloseable {
  private static final long SAME_PROCESS_RETRY_NANOS = 500_000;
  private static final int SAME_PROCESS_RETRIES = 2_000;

  private final FileChannel channel;

  FairLock(Path file) throws IOException {
    channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
  }

  /** Waits for the turn; null when the holder is in this process and stays: SQLite's lock rules. */
  FileLock acquire() throws IOException {
    for (int i = 0; i < SAME_PROCESS_RETRIES; i++) {
      try {
        return channel.lock();
      } catch (OverlappingFileLockException e) {
        // The other side of a bundle swap, in this process: Java does not queue its threads.
        LockSupport.parkNanos(SAME_PROCESS_RETRY_NANOS);
      }
    }
    return null;
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
