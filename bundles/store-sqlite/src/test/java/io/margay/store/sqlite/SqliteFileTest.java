// SPDX-License-Identifier: Apache-2.0
package io.margay.store.sqlite;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.margay.api.health.Health;
import io.margay.api.store.Expected;
import io.margay.api.store.Filter;
import io.margay.api.store.Key;
import io.margay.api.store.StoreException;
import io.margay.api.store.Watch;
import io.margay.api.store.Watcher.Lost;
import io.margay.api.store.Watcher.Put;
import io.margay.api.store.Watcher.Reset;
import io.margay.testkit.EventRecorder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sqlite.SQLiteDataSource;

/** Files that are not as they should be: refused with a reason, never changed, never recreated. */
@SuppressWarnings("try") // a watch is opened only to be closed
class SqliteFileTest {
  private static final Key A = Key.of("Thing", "a");
  private static final Key B = Key.of("Other", "b");
  private static final byte[] JSON = "{\"colour\":\"vermilion\"}".getBytes(UTF_8);
  private static final Duration DEADLINE = Duration.ofSeconds(30);

  /** Half of it is waited for a lock. */
  private static final Duration SHORT_DEADLINE = Duration.ofSeconds(3);

  @TempDir Path folder;
  private final List<SqliteStore> open = new ArrayList<>();

  @AfterEach
  void closeAll() {
    open.forEach(SqliteStore::close);
  }

  @Test
  void createsMissingFileAndFolders() throws Exception {
    Path file = folder.resolve("new/folder/store.db");

    open(file).put(A, JSON, Expected.ABSENT);

    assertTrue(Files.isRegularFile(file));
  }

  @Test
  void refusesWhatIsNoDatabase() throws Exception {
    byte[] text = "This is a letter, not a database.\n".repeat(100).getBytes(UTF_8);
    Files.write(file(), text);

    assertRefused("store " + file() + " is not an SQLite database; ");

    assertArrayEquals(text, Files.readAllBytes(file()));
  }

  @Test
  void refusesEmptyFile() throws Exception {
    Files.createFile(file());

    assertRefused("store " + file() + " is empty; ");

    assertEquals(0, Files.size(file()));
  }

  @Test
  void refusesFolder() throws Exception {
    Files.createDirectory(file());

    assertRefused("store " + file() + " is not a regular file; ");
  }

  @Test
  void refusesPathThatLeadsThroughAFile() throws Exception {
    Files.createFile(file());
    Path below = file().resolve("store.db");

    StoreException refusal = assertThrows(StoreException.class, () -> open(below).get(A));

    assertTrue(
        refusal.getMessage().startsWith("store " + below + " cannot be opened: "),
        refusal::getMessage);
  }

  @Test
  void refusesDatabaseOfAnotherProgram() throws Exception {
    execute("CREATE TABLE cookies(name TEXT)");
    byte[] before = Files.readAllBytes(file());

    assertRefused("store " + file() + " is a database of another program; ");

    assertArrayEquals(before, Files.readAllBytes(file()));
  }

  @Test
  void refusesAnotherFormat() throws Exception {
    createStore();
    execute("UPDATE store SET format = 2");

    assertRefused("store " + file() + " has format 2 (expected: 1); ");
  }

  @Test
  void refusesTruncatedFile() throws Exception {
    createStore();
    byte[] whole = Files.readAllBytes(file());
    Files.write(file(), Arrays.copyOf(whole, whole.length / 2));

    assertRefused("store " + file() + " is corrupt");
  }

  @Test
  void refusesCorruptPage() throws Exception {
    createStore();
    byte[] content = Files.readAllBytes(file());
    Arrays.fill(content, content.length - 4096, content.length, (byte) 0x5a);
    Files.write(file(), content);

    assertRefused("store " + file() + " is corrupt");

    assertArrayEquals(content, Files.readAllBytes(file()));
  }

  @Test
  void neverCreatesAgainWhatIsLost() throws Exception {
    createStore();
    Files.delete(file());
    Path wal = folder.resolve("store.db-wal");
    Files.writeString(wal, "acknowledged");

    assertRefused("store " + file() + " is missing but was here before: [" + wal + ", ");

    assertFalse(Files.exists(file()));
    assertEquals("acknowledged", Files.readString(wal));
  }

  @Test
  void damagedDocumentIsNamedAndHarmsNoOther() throws Exception {
    createStore();
    flipFirst("vermilion", "vermiliom");
    SqliteStore store = open(file());
    EventRecorder damaged = new EventRecorder();
    EventRecorder sound = new EventRecorder();

    StoreException refusal = assertThrows(StoreException.class, () -> store.get(A));
    assertThrows(StoreException.class, () -> store.list("Thing"));
    assertEquals(
        "store "
            + file()
            + ": document Thing/a is damaged (its checksum differs); apply it again or delete it",
        refusal.getMessage());
    assertTrue(store.get(B).isPresent());
    assertThrows(StoreException.class, () -> store.put(A, JSON, Expected.ABSENT));

    try (Watch first = store.watch("Thing", Filter.ALL, damaged);
        Watch second = store.watch("Other", Filter.ALL, sound)) {
      assertEquals(refusal.getMessage(), damaged.next(Lost.class).reason());
      sound.next(Reset.class);
      store.put(B, JSON, Expected.ANY);
      sound.next(Put.class);

      store.put(A, JSON, Expected.ANY);

      assertEquals(2, damaged.next(Reset.class).listing().entries().size());
    }
  }

  @Test
  void damagedLogIsNotFollowed() throws Exception {
    createStore();
    Database database = Database.open(file(), DEADLINE, Optional.empty());
    try (ReadSession session = new ReadSession(database)) {
      assertEquals(2, session.changesAfter(1).orElseThrow().size());

      execute("UPDATE log SET json = x'00' WHERE revision = 2");

      assertTrue(session.changesAfter(1).isEmpty());
      assertEquals(1, session.changesAfter(2).orElseThrow().size());
    }
  }

  @Test
  void opensByItselfWhenTheLockIsGone() throws Exception {
    createStore();
    EventRecorder events = new EventRecorder();
    SqliteStore store;
    try (Connection other = connect();
        Statement statement = other.createStatement()) {
      statement.execute("PRAGMA locking_mode = EXCLUSIVE");
      statement.execute("BEGIN EXCLUSIVE");
      statement.execute("COMMIT");
      store = open(file(), SHORT_DEADLINE);
      store.watch("Thing", Filter.ALL, events);

      String reason = events.next(Lost.class).reason();

      assertTrue(reason.contains(" is locked by another process; "), reason);
      assertEquals(List.of(Health.down("store", reason)), store.check());
      assertThrows(StoreException.class, () -> store.get(A));
    }
    assertEquals(2, events.next(Reset.class).listing().entries().size());
    assertEquals(List.of(Health.ok("store")), store.check());
  }

  @Test
  void readsGoOnWhileAnotherProcessWritesForTooLong() throws Exception {
    createStore();
    SqliteStore store = open(file(), SHORT_DEADLINE);
    store.get(A);
    try (Connection other = connect();
        Statement statement = other.createStatement()) {
      statement.execute("BEGIN IMMEDIATE");

      StoreException refusal =
          assertThrows(StoreException.class, () -> store.put(A, JSON, Expected.ANY));

      assertTrue(refusal.getMessage().contains("nothing was written"), refusal::getMessage);
      assertTrue(store.get(A).isPresent());
      assertEquals(Health.Status.DEGRADED, store.check().get(0).status());
      statement.execute("ROLLBACK");
    }
    store.put(A, JSON, Expected.ANY);
    assertEquals(List.of(Health.ok("store")), store.check());
  }

  @Test
  void refusesAnotherStoreInItsPlace() throws Exception {
    createStore();
    Path away = folder.resolve("away.db");
    SqliteStore store = open(file());
    EventRecorder events = new EventRecorder();

    try (Watch watch = store.watch("Thing", Filter.ALL, events)) {
      events.next(Reset.class);
      Path other = folder.resolve("other.db");
      SqliteStore otherStore = open(other);
      otherStore.put(Key.of("Thing", "stranger"), JSON, Expected.ABSENT);
      otherStore.close();
      Files.move(file(), away);
      Files.move(other, file());

      events.next(Lost.class);
      assertThrows(StoreException.class, () -> store.get(A));
      assertThrows(StoreException.class, () -> store.put(A, JSON, Expected.ANY));

      Files.move(file(), other);
      Files.move(away, file());
      assertEquals(2, events.next(Reset.class).listing().entries().size());
    }
  }

  @Test
  void hearsTheBellAgainAfterItsFolderWasRemoved() throws Exception {
    SqliteStore store = open(file());
    EventRecorder events = new EventRecorder();

    try (Watch watch = store.watch("Thing", Filter.ALL, events)) {
      events.next(Reset.class);
      store.put(A, JSON, Expected.ANY);
      events.next(Put.class);
      Files.delete(folder.resolve("store.db-bell/bell"));
      Files.delete(folder.resolve("store.db-bell"));

      events.next(Lost.class);
      events.next(Reset.class);
      store.put(A, JSON, Expected.ANY);
      events.next(Put.class);
      assertEquals(List.of(Health.ok("store")), store.check());
    }
  }

  private Path file() {
    return folder.resolve("store.db");
  }

  private SqliteStore open(Path file) {
    return open(file, DEADLINE);
  }

  private SqliteStore open(Path file, Duration deadline) {
    SqliteStore store = new SqliteStore(file, deadline, 10_000);
    open.add(store);
    return store;
  }

  /** Three documents, of which Thing/a is the first; nothing has it open afterwards. */
  private void createStore() throws StoreException {
    SqliteStore store = open(file());
    store.put(A, JSON, Expected.ABSENT);
    store.put(B, "{}".getBytes(UTF_8), Expected.ABSENT);
    store.put(Key.of("Thing", "c"), "{}".repeat(3_000).getBytes(UTF_8), Expected.ABSENT);
    store.close();
  }

  private void assertRefused(String beginning) throws StoreException {
    SqliteStore store = open(file());
    StoreException refusal = assertThrows(StoreException.class, () -> store.get(A));
    assertTrue(refusal.getMessage().startsWith(beginning), refusal::getMessage);
    assertThrows(StoreException.class, () -> store.list("Thing"));
    assertThrows(StoreException.class, () -> store.put(A, JSON, Expected.ANY));
    assertEquals(List.of(Health.down("store", refusal.getMessage())), store.check());
  }

  /** Changes the document in kv, not its copy in the log. */
  private void flipFirst(String from, String to) throws Exception {
    byte[] content = Files.readAllBytes(file());
    try (Connection connection = connect();
        Statement statement = connection.createStatement();
        ResultSet row =
            statement.executeQuery(
                "SELECT (rootpage - 1) * 4096 FROM sqlite_schema WHERE name = 'kv'")) {
      String text = new String(content, ISO_8859_1);
      int at = text.indexOf(from, row.getInt(1));
      System.arraycopy(to.getBytes(UTF_8), 0, content, at, to.length());
    }
    Files.write(file(), content);
  }

  private void execute(String sql) throws SQLException {
    try (Connection connection = connect();
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  private Connection connect() throws SQLException {
    SQLiteDataSource source = new SQLiteDataSource();
    source.setUrl("jdbc:sqlite:" + file());
    return source.getConnection();
  }
}
