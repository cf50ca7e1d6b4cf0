// SPDX-License-Identifier: Apache-2.0
package io.margay.store.sqlite;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.sqlite.SQLiteDataSource;
import org.sqlite.util.LibraryLoaderUtil;

/**
 * Keeps the driver's native library in the state directory. Left alone, the driver unpacks it into
 * the temporary folder at each start, and a process that is killed leaves 1.1 MB behind.
 */
final class NativeLibrary {
  private static final Logger LOG = LoggerFactory.getLogger(NativeLibrary.class);

  /** Read by the driver's SQLiteJDBCLoader when the first connection is opened. */
  static final String FOLDER_PROPERTY = "org.sqlite.lib.path";

  private NativeLibrary() {}

  /**
   * Unpacks it, unless that was done before, and tells the driver; respects a folder that is set.
   */
  static void keepIn(Path folder) {
    if (System.getProperty(FOLDER_PROPERTY) != null) {
      return;
    }
    String name = LibraryLoaderUtil.getNativeLibName();
    String resource = LibraryLoaderUtil.getNativeLibResourcePath() + "/" + name;
    try (InputStream in = SQLiteDataSource.class.getResourceAsStream(resource)) {
      if (in == null) {
        LOG.warn("SQLite driver has no native library for this machine resource={}", resource);
        return;
      }
      byte[] library = in.readAllBytes();
      Path target = folder.resolve(name);
      if (Files.notExists(target) || !Arrays.equals(library, Files.readAllBytes(target))) {
        unpack(library, target);
      }
      System.setProperty(FOLDER_PROPERTY, folder.toString());
    } catch (IOException e) {
      LOG.warn("SQLite's native library is unpacked into the temporary folder instead", e);
    }
  }

  private static void unpack(byte[] library, Path target) throws IOException {
    Files.createDirectories(target.getParent());
    Path fresh = target.resolveSibling(target.getFileName() + ".new");
    try (FileChannel out =
        FileChannel.open(
            fresh,
            StandardOpenOption.CREATE,
            StandardOpenOption.TRUNCATE_EXISTING,
            StandardOpenOption.WRITE)) {
      out.write(ByteBuffer.wrap(library));
      out.force(true);
    }
    Files.move(fresh, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }
}
