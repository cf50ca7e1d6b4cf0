// SPDX-License-Identifier: Apache-2.0
package io.margay.store.sqlite;

import io.margay.api.store.Outcome;
import io.margay.api.store.StoreException;
import io.margay.api.store.Write;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one thread of this process that writes. What queued up while it waited for its turn or for
 * the disk shares the next commit; each call keeps its own outcome, and a conflict ends only its
 * own group.
 */
final class Writer {
  private static final Logger LOG = LoggerFactory.getLogger(Writer.class);
  private static final int GROUPS_PER_COMMIT = 256;

  private final CurrentDatabase current;
  private final Bell bell;
  private final Path lockFile;
  private final int logRevisions;
  private final BlockingQueue<Pending> queue = new LinkedBlockingQueue<>();

  /** Ends the thread behind all that was queued before. An interrupt would close the lock file. */
  private final Pending stop = new Pending(List.of());

  private final Thread thread = new Thread(this::run, "store-writer");
  private volatile boolean closed;
  private volatile Optional<String> trouble = Optional.empty();

  // Of the writer thread.
  private WriteSession session;

  Writer(CurrentDatabase current, Bell bell, Path lockFile, int logRevisions) {
    this.current = current;
    this.bell = bell;
    this.lockFile = lockFile;
    this.logRevisions = logRevisions;
    thread.setDaemon(true);
  }

  void start() {
    thread.start();
  }

  /** Why the last write failed; empty when it did not. */
  Optional<String> trouble() {
    return trouble;
  }

  List<Outcome> write(List<Write> writes, Duration deadline) throws StoreException {
    Pending pending = new Pending(writes);
    queue.add(pending);
    if (closed && queue.remove(pending)) {
      throw closedException();
    }
    return pending.await(deadline);
  }

  private void run() {
    boolean stopping = false;
    while (!stopping) {
      List<Pending> batch = new ArrayList<>();
      try {
        batch.add(queue.take());
        prepareAndCommit(batch);
      } catch (StoreException e) {
        fail(batch, e);
      } catch (InterruptedException e) {
        LOG.error("Store writer was interrupted; it goes on", e);
      } catch (RuntimeException e) {
        LOG.error("Store writer failed", e);
        closeSession();
        fail(batch, new StoreException("the store failed: " + e, e));
      }
      stopping = batch.contains(stop);
    }
    closeSession();
    for (Pending left = queue.poll(); left != null; left = queue.poll()) {
      left.fail(closedException());
    }
  }

  private void prepareAndCommit(List<Pending> batch) throws StoreException {
    Database database = null;
    try {
      if (batch.get(0) == stop) {
        return;
      }
      database = current.get();
      openSession(database);
      session.begin();
      // After the turn has come: whoever gave up meanwhile leaves, whoever arrived joins.
      queue.drainTo(batch, GROUPS_PER_COMMIT - batch.size());
      batch.removeIf(pending -> pending != stop && !pending.begin());
      database.check();
      commit(batch);
    } catch (SQLException | IOException | StoreException e) {
      closeSession();
      queue.drainTo(batch);
      StoreException explained = explain(e, database);
      if (e instanceof SQLException sql && StoreErrors.isSerious(sql)) {
        current.suspect(database, explained);
      }
      if (!(e instanceof StoreException)) {
        // Else there is no database, which the watch thread says.
        trouble = Optional.of("the last write failed: " + explained.getMessage());
      }
      throw explained;
    }
  }

  private void commit(List<Pending> batch) throws SQLException, IOException {
    List<List<Outcome>> outcomes = new ArrayList<>(batch.size());
    for (Pending pending : batch) {
      outcomes.add(session.perform(pending.writes()));
    }
    boolean changed = session.commit();
    trouble = Optional.empty();
    for (int i = 0; i < batch.size(); i++) {
      batch.get(i).complete(outcomes.get(i));
    }
    // After the answers, which may be waited for by a pod; watches come later anyhow.
    if (changed) {
      bell.ring();
    }
  }

  private void openSession(Database database) throws SQLException, IOException, StoreException {
    database.check();
    if (session != null && session.database() != database) {
      closeSession();
    }
    if (session == null) {
      session = new WriteSession(database, lockFile, logRevisions);
    }
  }

  private StoreException explain(Exception e, Database database) {
    if (e instanceof StoreException explained) {
      return explained;
    }
    if (e instanceof SQLException sql) {
      return StoreErrors.explain(database.file(), sql);
    }
    return new StoreException("store lock " + lockFile + " failed: " + e, e);
  }

  private void closeSession() {
    if (session != null) {
      try {
        session.close();
      } catch (SQLException | IOException e) {
        LOG.warn("Store connection did not close cleanly", e);
      }
      session = null;
    }
  }

  private static void fail(List<Pending> batch, StoreException why) {
    batch.forEach(pending -> pending.fail(why));
  }

  private static StoreException closedException() {
    return new StoreException("the store is closed");
  }

  /** Writes what is queued, at most for so long, then ends the thread. */
  void close(Duration patience) {
    closed = true;
    queue.add(stop);
    Threads.join(thread, patience);
  }
}
