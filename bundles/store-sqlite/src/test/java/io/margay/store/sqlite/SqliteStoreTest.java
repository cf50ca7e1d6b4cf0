// SPDX-License-Identifier: Apache-2.0
package io.margay.store.sqlite;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.margay.api.health.Health;
import io.margay.api.store.Entry;
import io.margay.api.store.Expected;
import io.margay.api.store.Filter;
import io.margay.api.store.Key;
import io.margay.api.store.Outcome;
import io.margay.api.store.Store;
import io.margay.api.store.StoreException;
import io.margay.api.store.Watch;
import io.margay.api.store.Watcher;
import io.margay.api.store.Watcher.Lost;
import io.margay.api.store.Watcher.Put;
import io.margay.api.store.Watcher.Reset;
import io.margay.api.store.Write;
import io.margay.testkit.EventRecorder;
import io.margay.testkit.StoreContract;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The contract on a real file, which several stores share as agents do. */
@SuppressWarnings("try") // a watch is opened only to be closed
class SqliteStoreTest extends StoreContract {
  private static final Key A = Key.of("Thing", "a");
  private static final byte[] JSON = "{}".getBytes(UTF_8);

  @TempDir Path folder;
  private final List<SqliteStore> open = new ArrayList<>();

  @Override
  protected Store open() throws StoreException {
    return open(10_000);
  }

  private SqliteStore open(int logRevisions) throws StoreException {
    SqliteStore store = new SqliteStore(file(), Duration.ofSeconds(30), logRevisions);
    open.add(store);
    // A thread of the store opens the file; a call waits for that.
    store.get(A);
    return store;
  }

  private Path file() {
    return folder.resolve("store.db");
  }

  private Path away() {
    return folder.resolve("away.db");
  }

  @Override
  protected void lose() throws Exception {
    Files.move(file(), away());
  }

  @Override
  protected void restore() throws Exception {
    Files.move(away(), file());
  }

  @AfterEach
  void closeAll() {
    open.forEach(SqliteStore::close);
  }

  @Test
  void revisionsAreDense() throws Exception {
    Store store = open();
    List<Write> group =
        IntStream.rangeClosed(1, 5)
            .mapToObj(i -> Write.put(Key.of("Kind" + i % 2, "n" + i), JSON, Expected.ABSENT))
            .toList();

    store.write(group);
    store.delete(Key.of("Kind1", "absent"), Expected.ANY);
    List<Outcome> outcomes = store.write(List.of(Write.delete(group.get(0).key(), Expected.ANY)));

    assertEquals(6, outcomes.get(0).revision().number());
  }

  @Test
  void documentsSurviveTheProcess() throws Exception {
    SqliteStore store = open(10_000);
    store.put(A, JSON, Expected.ABSENT);
    store.close();

    Entry entry = open(10_000).get(A).orElseThrow();

    assertEquals(1, entry.revision().number());
  }

  @Test
  void watchThatFallsBehindTheLogBeginsAnew() throws Exception {
    int kept = 100;
    SqliteStore slow = open(kept);
    SqliteStore busy = open(kept);
    EventRecorder events = new EventRecorder();
    CountDownLatch blocked = new CountDownLatch(1);
    CountDownLatch goOn = new CountDownLatch(1);
    Watcher watcher =
        event -> {
          events.event(event);
          if (event instanceof Put && goOn.getCount() > 0) {
            blocked.countDown();
            awaitUninterrupted(goOn);
          }
        };

    try (Watch watch = slow.watch("Thing", Filter.ALL, watcher)) {
      events.next(Reset.class);
      busy.put(A, JSON, Expected.ANY);
      blocked.await();
      Key last = Key.of("Thing", "last");
      for (int i = 0; i < 3 * kept; i++) {
        busy.put(last, JSON, Expected.ANY);
      }
      goOn.countDown();

      assertEquals(A, events.next(Put.class).entry().key());
      Reset reset = events.skipTo(Reset.class);
      assertEquals(3 * kept + 1, reset.listing().revision().number());
      assertEquals(2, reset.listing().entries().size());
    }
  }

  @Test
  void watcherThatThrowsHarmsNobody() throws Exception {
    SqliteStore store = open(10_000);
    EventRecorder events = new EventRecorder();
    Watcher broken =
        event -> {
          throw new IllegalStateException("broken on purpose");
        };

    try (Watch first = store.watch("Thing", Filter.ALL, broken);
        Watch second = store.watch("Thing", Filter.ALL, events)) {
      events.next(Reset.class);
      store.put(A, JSON, Expected.ANY);

      assertEquals(A, events.next(Put.class).entry().key());
    }
  }

  @Test
  void closedStoreSaysSoToCallersAndWatches() throws Exception {
    SqliteStore store = open(10_000);
    store.put(A, JSON, Expected.ANY);
    EventRecorder events = new EventRecorder();
    store.watch("Thing", Filter.ALL, events);
    events.next(Reset.class);

    store.close();

    assertEquals("the store is closed", events.next(Lost.class).reason());
    assertThrows(StoreException.class, () -> store.get(A));
    assertThrows(StoreException.class, () -> store.put(A, JSON, Expected.ANY));
  }

  @Test
  void healthFollowsTheFile() throws Exception {
    SqliteStore store = open(10_000);
    EventRecorder events = new EventRecorder();

    try (Watch watch = store.watch("Thing", Filter.ALL, events)) {
      events.next(Reset.class);
      assertEquals(List.of(Health.ok("store")), store.check());
      lose();
      events.next(Lost.class);
      assertEquals(
          List.of(Health.down("store", "store " + file() + " has disappeared; put it back")),
          store.check());
      restore();
      events.next(Reset.class);
      assertEquals(List.of(Health.ok("store")), store.check());
    }
  }

  @Test
  void agentsThatCreateOneStoreAtOnceShareIt() throws Exception {
    Path fresh = folder.resolve("fresh/store.db");
    List<SqliteStore> agents =
        IntStream.range(0, 4)
            .mapToObj(i -> new SqliteStore(fresh, Duration.ofSeconds(30), 10_000))
            .toList();
    open.addAll(agents);

    for (SqliteStore agent : agents) {
      agent.put(Key.of("Thing", "n" + agents.indexOf(agent)), JSON, Expected.ABSENT);
    }

    assertEquals(4, agents.get(0).list("Thing").entries().size());
    try (var files = Files.list(fresh.getParent())) {
      assertTrue(files.noneMatch(path -> path.toString().contains("-new-")));
    }
  }

  private static void awaitUninterrupted(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
