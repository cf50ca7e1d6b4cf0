// SPDX-License-Identifier: Apache-2.0
package io.margay.store.sqlite;

import io.margay.api.store.StoreException;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Serves reads of any thread over one connection, which it opens again with the database. */
final class Reader {
  private static final Logger LOG = LoggerFactory.getLogger(Reader.class);

  /** A question to the database. */
  interface Query<T> {
    T ask(ReadSession session) throws SQLException, StoreException;
  }

  private final CurrentDatabase current;
  private final Duration deadline;
  private final ReentrantLock lock = new ReentrantLock();

  // Guarded by lock.
  private ReadSession session;
  private boolean closed;

  Reader(CurrentDatabase current, Duration deadline) {
    this.current = current;
    this.deadline = deadline;
  }

  <T> T read(Query<T> query) throws StoreException {
    Database database = current.get();
    acquire(database);
    try {
      database.check();
      return query.ask(sessionOf(database));
    } catch (SQLException e) {
      closeSession();
      StoreException explained = StoreErrors.explain(database.file(), e);
      if (StoreErrors.isSerious(e)) {
        current.suspect(database, explained);
      }
      throw explained;
    } finally {
      lock.unlock();
    }
  }

  private void acquire(Database database) throws StoreException {
    try {
      if (lock.tryLock(deadline.toNanos(), TimeUnit.NANOSECONDS)) {
        return;
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new StoreException("interrupted while waiting to read the store", e);
    }
    throw new StoreException(
        "store " + database.file() + " gave no answer within " + deadline.toSeconds() + " s");
  }

  private ReadSession sessionOf(Database database) throws SQLException, StoreException {
    if (closed) {
      throw new StoreException("the store is closed");
    }
    if (session != null && session.database() != database) {
      closeSession();
    }
    if (session == null) {
      session = new ReadSession(database);
    }
    return session;
  }

  private void closeSession() {
    if (session != null) {
      try {
        session.close();
      } catch (SQLException e) {
        LOG.warn("Store connection did not close cleanly", e);
      }
      session = null;
    }
  }

  void close() {
    lock.lock();
    try {
      closed = true;
      closeSession();
    } finally {
      lock.unlock();
    }
  }
}
