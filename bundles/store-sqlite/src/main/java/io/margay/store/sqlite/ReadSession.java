// SPDX-License-Identifier: Apache-2.0
package io.margay.store.sqlite;

import io.margay.api.store.Entry;
import io.margay.api.store.Key;
import io.margay.api.store.Listing;
import io.margay.api.store.Revision;
import io.margay.api.store.StoreException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** A connection that reads, for one thread at a time. Verifies the checksum of every row. */
final class ReadSession implements AutoCloseable {
  /** Bounds the memory that one round of a watch takes. */
  static final int CHANGES_PER_ROUND = 500;

  /** One row of the log; no json for a deletion. */
  record Change(long revision, Key key, Optional<byte[]> json) {}

  private final Database database;
  private final Connection connection;
  private final Statement control;
  private final PreparedStatement get;
  private final PreparedStatement list;
  private final PreparedStatement head;
  private final PreparedStatement changes;

  ReadSession(Database database) throws SQLException {
    this.database = database;
    connection = database.connect();
    try {
      control = connection.createStatement();
      get =
          connection.prepareStatement(
              "SELECT json, revision, checksum FROM kv WHERE kind = ? AND ns = ? AND name = ?");
      list =
          connection.prepareStatement(
              "SELECT ns, name, json, revision, checksum FROM kv WHERE kind = ? ORDER BY ns, name");
      head = connection.prepareStatement("SELECT max(revision) FROM log");
      changes =
          connection.prepareStatement(
              "SELECT revision, kind, ns, name, json, checksum FROM log"
                  + " WHERE revision > ? ORDER BY revision LIMIT "
                  + CHANGES_PER_ROUND);
    } catch (SQLException e) {
      connection.close();
      throw e;
    }
  }

  Database database() {
    return database;
  }

  /**
   * Begins a read transaction: what follows sees one moment. To be ended soon: it holds the WAL.
   */
  void begin() throws SQLException {
    control.execute("BEGIN");
  }

  void end() throws SQLException {
    control.execute("COMMIT");
  }

  Optional<Entry> get(Key key) throws SQLException, StoreException {
    get.setString(1, key.kind());
    get.setString(2, key.namespace());
    get.setString(3, key.name());
    try (ResultSet row = get.executeQuery()) {
      return row.next()
          ? Optional.of(intact(key, row.getBytes(1), row.getLong(2), row.getLong(3)))
          : Optional.empty();
    }
  }

  /** All documents of a kind, in a transaction of its own. */
  Listing listing(String kind) throws SQLException, StoreException {
    begin();
    try {
      return list(kind);
    } finally {
      end();
    }
  }

  /** All documents of a kind, at the revision of {@link #head}; inside a transaction. */
  Listing list(String kind) throws SQLException, StoreException {
    List<Entry> entries = new ArrayList<>();
    list.setString(1, kind);
    try (ResultSet row = list.executeQuery()) {
      while (row.next()) {
        Key key = new Key(kind, row.getString(1), row.getString(2));
        entries.add(intact(key, row.getBytes(3), row.getLong(4), row.getLong(5)));
      }
    }
    return new Listing(entries, new Revision(head()));
  }

  /** Revision of the last change; 0 when there was none. */
  long head() throws SQLException {
    try (ResultSet row = head.executeQuery()) {
      return row.next() ? row.getLong(1) : 0;
    }
  }

  /**
   * What came after a revision, at most {@value #CHANGES_PER_ROUND}; inside a transaction.
   *
   * @return empty when the log does not tell it: pruned, damaged, or older than the revision
   */
  Optional<List<Change>> changesAfter(long last) throws SQLException {
    List<Change> found = new ArrayList<>();
    changes.setLong(1, last);
    long expected = last + 1;
    try (ResultSet row = changes.executeQuery()) {
      while (row.next()) {
        long revision = row.getLong(1);
        Key key = new Key(row.getString(2), row.getString(3), row.getString(4));
        byte[] json = row.getBytes(5);
        if (revision != expected || row.getLong(6) != Checksum.of(key, revision, json)) {
          return Optional.empty();
        }
        found.add(new Change(revision, key, Optional.ofNullable(json)));
        expected++;
      }
    }
    return found.isEmpty() && head() < last ? Optional.empty() : Optional.of(found);
  }

  private Entry intact(Key key, byte[] json, long revision, long checksum) throws StoreException {
    if (checksum != Checksum.of(key, revision, json)) {
      throw new StoreException(
          "store "
              + database.file()
              + ": document "
              + key
              + " is damaged (its checksum differs); apply it again or delete it");
    }
    return new Entry(key, json, new Revision(revision));
  }

  @Override
  public void close() throws SQLException {
    connection.close();
  }
}
