// SPDX-License-Identifier: Apache-2.0
package io.margay.store.sqlite;

import io.margay.api.store.StoreException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Stream;
import org.sqlite.SQLiteConfig;
import org.sqlite.SQLiteDataSource;
import org.sqlite.SQLiteOpenMode;

/**
 * The database file as it was found and checked at one moment. It stays valid as long as its path
 * leads to the same file.
 *
 * <p>Only a file that never existed is created. It gets its tables under another name first, so
 * that a file of this name is either a whole store or something that is not ours to change.
 *
 * <p>The file is never opened but by SQLite: closing any other descriptor of it would drop the
 * process's POSIX locks (sqlite.org/howtocorrupt.html section 2.2).
 */
final class Database {
  /** Version of the tables. */
  private static final int FORMAT = 1;

  /** FULL: with NORMAL a power failure may lose acknowledged commits. */
  private static final String[] PRAGMAS = {
    "journal_mode=WAL",
    "synchronous=FULL",
    "wal_autocheckpoint=1000",
    "journal_size_limit=4194304",
    "cache_size=-512",
    "mmap_size=0",
    "temp_store=MEMORY",
  };

  private static final String[] SCHEMA = {
    "CREATE TABLE store(epoch TEXT NOT NULL, format INTEGER NOT NULL) STRICT",
    "CREATE TABLE kv(kind TEXT NOT NULL, ns TEXT NOT NULL, name TEXT NOT NULL,"
        + " json BLOB NOT NULL, revision INTEGER NOT NULL, checksum INTEGER NOT NULL,"
        + " PRIMARY KEY(kind, ns, name)) STRICT, WITHOUT ROWID",
    // One row per change, json NULL for a deletion: what watches read.
    "CREATE TABLE log(revision INTEGER PRIMARY KEY, kind TEXT NOT NULL, ns TEXT NOT NULL,"
        + " name TEXT NOT NULL, json BLOB, checksum INTEGER NOT NULL) STRICT",
  };

  private final Path file;
  private final Duration busyTimeout;
  private final Object fileKey;
  private final String epoch;

  private Database(Path file, Duration busyTimeout, Object fileKey, String epoch) {
    this.file = file;
    this.busyTimeout = busyTimeout;
    this.fileKey = fileKey;
    this.epoch = epoch;
  }

  /**
   * Opens and checks the file; creates it when it is missing and was never open.
   *
   * @param busyTimeout how long a connection waits for the lock of another one
   * @param epoch of the store that was open before: another one is refused
   */
  static Database open(Path file, Duration busyTimeout, Optional<String> epoch)
      throws StoreException {
    try {
      // Looked for before the file: another agent may be creating all of them just now.
      List<Path> traces = tracesOf(file);
      if (Files.notExists(file)) {
        refuseLost(file, epoch, traces);
        create(file, busyTimeout);
      }
      BasicFileAttributes found = Files.readAttributes(file, BasicFileAttributes.class);
      if (!found.isRegularFile() || found.size() == 0) {
        throw new StoreException(
            "store "
                + file
                + (found.isRegularFile() ? " is empty; " : " is not a regular file; ")
                + StoreErrors.HOW_TO_RECOVER);
      }
      Database opened =
          new Database(file, busyTimeout, found.fileKey(), inspect(file, busyTimeout));
      opened.check();
      if (epoch.isPresent() && !epoch.get().equals(opened.epoch)) {
        throw new StoreException(
            "store "
                + file
                + " was replaced by another store; put the former one back, or restart the agent"
                + " to work with this one");
      }
      return opened;
    } catch (SQLException e) {
      throw StoreErrors.explain(file, e);
    } catch (IOException e) {
      throw new StoreException("store " + file + " cannot be opened: " + e, e);
    }
  }

  /** What tells that there was a store: its write-ahead log, its bell. */
  private static List<Path> tracesOf(Path file) {
    return Stream.of("-wal", Bell.SUFFIX)
        .map(suffix -> file.resolveSibling(file.getFileName() + suffix))
        .filter(Files::exists)
        .toList();
  }

  private static void refuseLost(Path file, Optional<String> epoch, List<Path> traces)
      throws StoreException {
    if (epoch.isPresent()) {
      throw new StoreException("store " + file + " has disappeared; put it back");
    }
    if (!traces.isEmpty()) {
      throw new StoreException(
          "store "
              + file
              + " is missing but was here before: "
              + traces
              + "; put it back, or remove these too to begin with an empty store");
    }
  }

  private static void create(Path file, Duration busyTimeout) throws IOException, SQLException {
    Path folder = file.toAbsolutePath().getParent();
    Files.createDirectories(folder);
    Path fresh = file.resolveSibling(file.getFileName() + "-new-" + UUID.randomUUID());
    try {
      try (Connection connection = connect(fresh, busyTimeout, true);
          Statement statement = connection.createStatement()) {
        statement.execute("BEGIN IMMEDIATE");
        for (String table : SCHEMA) {
          statement.execute(table);
        }
        statement.execute("INSERT INTO store VALUES(lower(hex(randomblob(16))), " + FORMAT + ")");
        statement.execute("COMMIT");
      }
      // Unlike a rename, a link never replaces the store that another agent has just made.
      Files.createLink(file, fresh);
      try (FileChannel directory = FileChannel.open(folder, StandardOpenOption.READ)) {
        directory.force(true);
      }
    } catch (FileAlreadyExistsException e) {
      // Another agent was faster; its store is as good.
      return;
    } finally {
      Files.deleteIfExists(fresh);
    }
  }

  /** Checks that this is a sound store of our format; returns its epoch. */
  private static String inspect(Path file, Duration busyTimeout)
      throws SQLException, StoreException {
    // Asked before any PRAGMA that would change a database which is not ours.
    try (Connection connection = dataSource(file, busyTimeout, false).getConnection();
        Statement statement = connection.createStatement()) {
      try (ResultSet ours =
          statement.executeQuery(
              "SELECT count(*) FROM sqlite_schema WHERE name IN ('store', 'kv', 'log')")) {
        if (!ours.next() || ours.getInt(1) != SCHEMA.length) {
          throw new StoreException(
              "store " + file + " is a database of another program; " + StoreErrors.HOW_TO_RECOVER);
        }
      }
      String epoch;
      try (ResultSet row = statement.executeQuery("SELECT epoch, format FROM store")) {
        if (!row.next()) {
          throw new StoreException(
              "store " + file + " has lost its epoch; " + StoreErrors.HOW_TO_RECOVER);
        }
        epoch = row.getString(1);
        if (row.getInt(2) != FORMAT) {
          throw new StoreException(
              "store "
                  + file
                  + " has format "
                  + row.getInt(2)
                  + " (expected: "
                  + FORMAT
                  + "); it was written by another version of Margay");
        }
      }
      try (ResultSet result = statement.executeQuery("PRAGMA quick_check(1)")) {
        if (!result.next() || !result.getString(1).equals("ok")) {
          throw new StoreException(
              "store "
                  + file
                  + " is corrupt ("
                  + result.getString(1)
                  + "); "
                  + StoreErrors.HOW_TO_RECOVER);
        }
      }
      return epoch;
    }
  }

  Path file() {
    return file;
  }

  String epoch() {
    return epoch;
  }

  /** A new connection, for one thread at a time. */
  Connection connect() throws SQLException {
    return connect(file, busyTimeout, false);
  }

  /**
   * Checks that the path still leads to this file. Whoever writes into a file that was moved away
   * loses what it acknowledges.
   */
  void check() throws StoreException {
    try {
      Object now = Files.readAttributes(file, BasicFileAttributes.class).fileKey();
      if (!now.equals(fileKey)) {
        throw new StoreException("store " + file + " was replaced while it was open");
      }
    } catch (NoSuchFileException e) {
      throw new StoreException("store " + file + " has disappeared; put it back", e);
    } catch (IOException e) {
      throw new StoreException("store " + file + " cannot be found: " + e, e);
    }
  }

  private static Connection connect(Path file, Duration busyTimeout, boolean create)
      throws SQLException {
    Connection connection = dataSource(file, busyTimeout, create).getConnection();
    try (Statement statement = connection.createStatement()) {
      for (String pragma : PRAGMAS) {
        statement.execute("PRAGMA " + pragma);
      }
      try (ResultSet mode = statement.executeQuery("PRAGMA journal_mode")) {
        if (!mode.getString(1).equals("wal")) {
          throw new SQLException(
              "journal mode: " + mode.getString(1) + " (expected: wal, on a local file system)");
        }
      }
    } catch (SQLException e) {
      connection.close();
      throw e;
    }
    return connection;
  }

  private static SQLiteDataSource dataSource(Path file, Duration busyTimeout, boolean create) {
    SQLiteConfig config = new SQLiteConfig();
    config.setBusyTimeout((int) busyTimeout.toMillis());
    if (!create) {
      config.resetOpenMode(SQLiteOpenMode.CREATE);
    }
    SQLiteDataSource source = new SQLiteDataSource(config);
    source.setUrl("jdbc:sqlite:" + file);
    return source;
  }
}
