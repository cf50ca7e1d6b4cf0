// SPDX-License-Identifier: Apache-2.0
package io.margay.store.sqlite;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardWatchEventKinds;
import java.nio.file.WatchKey;
import java.nio.file.WatchService;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Wakes the watches of all processes after a commit: a file that is written, in a folder of its own
 * that they watch by inotify. (Inotify on the write-ahead log would wake them before the commit can
 * be seen.)
 *
 * <p>A ring may be lost, as when a process dies between commit and ring; listeners therefore also
 * look every now and then.
 */
final class Bell {
  private static final Logger LOG = LoggerFactory.getLogger(Bell.class);

  /** Makes the name of its folder from that of the database. */
  static final String SUFFIX = "-bell";

  private static final Duration SAFETY_CHECK = Duration.ofMillis(250);
  private static final Duration WITHOUT_INOTIFY = Duration.ofMillis(25);

  private final Path folder;
  private final Path file;
  private volatile Optional<String> trouble = Optional.empty();

  Bell(Path folder) {
    this.folder = folder;
    this.file = folder.resolve("bell");
  }

  /** Wakes every listener. Failure is no error: the commit before it stands. */
  void ring() {
    // Not a FileChannel: an interrupt of the caller would close it.
    try (RandomAccessFile out = new RandomAccessFile(file.toFile(), "rw")) {
      out.write(1);
      trouble = Optional.empty();
    } catch (IOException e) {
      if (trouble.isEmpty()) {
        LOG.warn("Store changes reach others late: the bell does not ring file={}", file, e);
      }
      trouble = Optional.of("changes reach other agents late: " + e.getMessage());
    }
  }

  /** Why the last ring failed; empty when it did not. */
  Optional<String> trouble() {
    return trouble;
  }

  /** Starts to listen; hears every ring from now on. */
  Listener listen() throws IOException {
    Files.createDirectories(folder);
    WatchService service = null;
    try {
      service = folder.getFileSystem().newWatchService();
      folder.register(
          service, StandardWatchEventKinds.ENTRY_MODIFY, StandardWatchEventKinds.ENTRY_CREATE);
      return new Listener(service);
    } catch (IOException e) {
      // Most often fs.inotify.max_user_instances is used up.
      LOG.warn("Store is polled, inotify is not to be had folder={}", folder, e);
      if (service != null) {
        service.close();
      }
      return new Listener(null);
    }
  }

  /** One thread's ear. */
  static final class Listener implements AutoCloseable {
    private final WatchService service;

    private Listener(WatchService serviceOrNull) {
      this.service = serviceOrNull;
    }

    /** Returns after a ring, or when it is time to look anyway. */
    void await() throws IOException, InterruptedException {
      if (service == null) {
        Thread.sleep(WITHOUT_INOTIFY.toMillis());
        return;
      }
      WatchKey key = service.poll(SAFETY_CHECK.toMillis(), TimeUnit.MILLISECONDS);
      if (key != null) {
        key.pollEvents();
        if (!key.reset()) {
          throw new IOException("the folder of the bell was removed");
        }
      }
    }

    @Override
    public void close() throws IOException {
      if (service != null) {
        service.close();
      }
    }
  }
}
