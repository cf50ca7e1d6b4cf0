// SPDX-License-Identifier: Apache-2.0
package io.margay.store.sqlite;

import io.margay.api.store.Key;
import io.margay.api.store.Outcome;
import io.margay.api.store.Outcome.Status;
import io.margay.api.store.Revision;
import io.margay.api.store.Write;
import java.io.IOException;
import java.nio.channels.FileLock;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;

/**
 * The connection of the writer thread. A transaction gives each effective change the next revision,
 * so that revisions are dense and in commit order over all processes. After any exception it must
 * be closed, which rolls back and gives up the turn.
 */
final class WriteSession implements AutoCloseable {
  private final Database database;
  private final int logRevisions;
  private final FairLock lock;
  private final Connection connection;
  private final Statement control;
  private final PreparedStatement bounds;
  private final PreparedStatement current;
  private final PreparedStatement put;
  private final PreparedStatement delete;
  private final PreparedStatement log;
  private final PreparedStatement prune;

  // Of the open transaction.
  private FileLock turn;
  private long oldest;
  private long first;
  private long last;

  WriteSession(Database database, Path lockFile, int logRevisions)
      throws SQLException, IOException {
    this.database = database;
    this.logRevisions = logRevisions;
    lock = new FairLock(lockFile);
    try {
      connection = database.connect();
    } catch (SQLException e) {
      lock.close();
      throw e;
    }
    try {
      control = connection.createStatement();
      // Two subqueries: max and min in one would scan the table.
      bounds =
          connection.prepareStatement(
              "SELECT (SELECT max(revision) FROM log), (SELECT min(revision) FROM log)");
      current =
          connection.prepareStatement(
              "SELECT revision FROM kv WHERE kind = ? AND ns = ? AND name = ?");
      put = connection.prepareStatement("INSERT OR REPLACE INTO kv VALUES(?, ?, ?, ?, ?, ?)");
      delete = connection.prepareStatement("DELETE FROM kv WHERE kind = ? AND ns = ? AND name = ?");
      log = connection.prepareStatement("INSERT INTO log VALUES(?, ?, ?, ?, ?, ?)");
      prune = connection.prepareStatement("DELETE FROM log WHERE revision <= ?");
    } catch (SQLException e) {
      close();
      throw e;
    }
  }

  Database database() {
    return database;
  }

  /** Waits for this process's turn and begins. */
  void begin() throws SQLException, IOException {
    turn = lock.acquire();
    // IMMEDIATE: a reader that becomes a writer later may find that it read an old state.
    control.execute("BEGIN IMMEDIATE");
    try (ResultSet row = bounds.executeQuery()) {
      row.next();
      last = row.getLong(1);
      oldest = row.getLong(2);
    }
    first = last + 1;
  }

  /** Performs writes in order up to the first conflict. */
  List<Outcome> perform(List<Write> writes) throws SQLException {
    List<Outcome> outcomes = new ArrayList<>(writes.size());
    boolean stopped = false;
    for (Write write : writes) {
      Outcome outcome =
          stopped ? new Outcome(write.key(), Status.SKIPPED, Revision.NONE) : perform(write);
      stopped |= !outcome.isWritten();
      outcomes.add(outcome);
    }
    return outcomes;
  }

  private Outcome perform(Write write) throws SQLException {
    Key key = write.key();
    Revision found = revisionOf(key);
    if (!write.expected().matches(found)) {
      return new Outcome(key, Status.CONFLICT, found);
    }
    byte[] json = write.json().orElse(null);
    if (json == null && found.equals(Revision.NONE)) {
      return new Outcome(key, Status.WRITTEN, Revision.NONE);
    }
    last++;
    long checksum = Checksum.of(key, last, json);
    if (json == null) {
      bind(delete, 1, key);
      delete.executeUpdate();
    } else {
      bind(put, 1, key);
      put.setBytes(4, json);
      put.setLong(5, last);
      put.setLong(6, checksum);
      put.executeUpdate();
    }
    log.setLong(1, last);
    bind(log, 2, key);
    log.setBytes(5, json);
    log.setLong(6, checksum);
    log.executeUpdate();
    return new Outcome(key, Status.WRITTEN, new Revision(last));
  }

  /**
   * Makes it durable.
   *
   * @return whether anything changed
   */
  boolean commit() throws SQLException, IOException {
    // A tenth more than asked, so that not every commit prunes. The last row stays: it holds the
    // revision to go on from.
    if (last - oldest >= logRevisions + logRevisions / 10) {
      prune.setLong(1, last - logRevisions);
      prune.executeUpdate();
    }
    control.execute("COMMIT");
    if (turn != null) {
      turn.release();
    }
    return last >= first;
  }

  private Revision revisionOf(Key key) throws SQLException {
    bind(current, 1, key);
    try (ResultSet row = current.executeQuery()) {
      return row.next() ? new Revision(row.getLong(1)) : Revision.NONE;
    }
  }

  private static void bind(PreparedStatement statement, int index, Key key) throws SQLException {
    statement.setString(index, key.kind());
    statement.setString(index + 1, key.namespace());
    statement.setString(index + 2, key.name());
  }

  @Override
  public void close() throws SQLException, IOException {
    try (lock) {
      connection.close();
    }
  }
}
