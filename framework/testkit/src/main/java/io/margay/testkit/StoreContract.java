// SPDX-License-Identifier: Apache-2.0
package io.margay.testkit;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.margay.api.store.ConflictException;
import io.margay.api.store.Entry;
import io.margay.api.store.Expected;
import io.margay.api.store.Filter;
import io.margay.api.store.Key;
import io.margay.api.store.Listing;
import io.margay.api.store.Outcome;
import io.margay.api.store.Outcome.Status;
import io.margay.api.store.Revision;
import io.margay.api.store.Store;
import io.margay.api.store.StoreException;
import io.margay.api.store.Watch;
import io.margay.api.store.Watcher.Deleted;
import io.margay.api.store.Watcher.Lost;
import io.margay.api.store.Watcher.Put;
import io.margay.api.store.Watcher.Reset;
import io.margay.api.store.Write;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * What every {@link Store} must do. A store's test extends this class and says how to open, lose
 * and restore it.
 */
@SuppressWarnings("try") // a watch is opened only to be closed
public abstract class StoreContract {
  private static final String KIND = "Thing";
  private static final Key A = Key.of(KIND, "a");
  private static final Key B = Key.of(KIND, "b");
  private static final Key C = Key.of(KIND, "c");

  private Store store;

  /**
   * A client of the store under test, which holds nothing when a test starts. Called again it may
   * return another client, as an agent on another node would be, of the same documents. The
   * subclass closes them after each test.
   */
  protected abstract Store open() throws Exception;

  /** Makes the store unreachable for every client, without loss of documents. */
  protected abstract void lose() throws Exception;

  /** Ends {@link #lose}. */
  protected abstract void restore() throws Exception;

  @BeforeEach
  final void openStore() throws Exception {
    store = open();
  }

  @Test
  void absentDocumentIsEmpty() throws Exception {
    assertTrue(store.get(A).isEmpty());
    assertTrue(store.list(KIND).entries().isEmpty());
  }

  @Test
  void returnsWhatWasPut() throws Exception {
    Revision revision = store.put(A, json("{\"größe\":1}"), Expected.ABSENT);

    Entry entry = store.get(A).orElseThrow();
    assertEquals(A, entry.key());
    assertEquals(revision, entry.revision());
    assertEquals("{\"größe\":1}", text(entry));
    assertTrue(revision.compareTo(Revision.NONE) > 0);
  }

  @Test
  void keepsLargeDocumentsByteForByte() throws Exception {
    byte[] large = json("{\"x\":\"" + "0123456789abcdef\\n\u2603".repeat(40_000) + "\"}");

    store.put(A, large, Expected.ABSENT);

    assertArrayEquals(large, store.get(A).orElseThrow().json());
  }

  @Test
  void everyClientReadsAnAcknowledgedWrite() throws Exception {
    Store other = open();

    Revision revision = store.put(A, json("{}"), Expected.ABSENT);

    assertEquals(revision, other.get(A).orElseThrow().revision());
    assertEquals(revision, other.list(KIND).entries().get(0).revision());
  }

  @Test
  void keepsKindsAndNamespacesApart() throws Exception {
    Key inNamespace = new Key(KIND, "ns", "a");
    Key otherKind = Key.of("Other", "a");
    store.put(A, json("1"), Expected.ABSENT);
    store.put(inNamespace, json("2"), Expected.ABSENT);
    store.put(otherKind, json("3"), Expected.ABSENT);

    assertEquals("1", text(store.get(A).orElseThrow()));
    assertEquals("2", text(store.get(inNamespace).orElseThrow()));
    assertEquals("3", text(store.get(otherKind).orElseThrow()));
    assertEquals(List.of(otherKind), keys(store.list("Other")));
  }

  @Test
  void listsByNamespaceThenName() throws Exception {
    Key first = Key.of(KIND, "z");
    Key second = new Key(KIND, "ns1", "b");
    Key third = new Key(KIND, "ns1", "b.c");
    Key fourth = new Key(KIND, "ns2", "a");
    for (Key key : List.of(fourth, third, second, first)) {
      store.put(key, json("{}"), Expected.ANY);
    }

    Listing listing = store.list(KIND);

    assertEquals(List.of(first, second, third, fourth), keys(listing));
    for (Entry entry : listing.entries()) {
      assertTrue(entry.revision().compareTo(listing.revision()) <= 0);
    }
  }

  @Test
  void createsOnlyWhatIsAbsent() throws Exception {
    Revision revision = store.put(A, json("1"), Expected.ABSENT);

    ConflictException conflict =
        assertThrows(ConflictException.class, () -> store.put(A, json("2"), Expected.ABSENT));

    assertEquals(A, conflict.key());
    assertEquals(revision, conflict.found());
    assertEquals("1", text(store.get(A).orElseThrow()));
  }

  @Test
  void replacesOnlyTheExpectedRevision() throws Exception {
    Revision first = store.put(A, json("1"), Expected.ABSENT);
    Revision second = store.put(A, json("2"), Expected.at(first));

    ConflictException conflict =
        assertThrows(ConflictException.class, () -> store.put(A, json("3"), Expected.at(first)));

    assertTrue(second.compareTo(first) > 0);
    assertEquals(second, conflict.found());
    assertEquals("2", text(store.get(A).orElseThrow()));
  }

  @Test
  void absentDocumentHasNoExpectedRevision() throws Exception {
    ConflictException conflict =
        assertThrows(
            ConflictException.class,
            () -> store.put(A, json("1"), Expected.at(new Revision(1_000_000))));

    assertEquals(Revision.NONE, conflict.found());
    assertTrue(store.get(A).isEmpty());
    store.put(A, json("1"), Expected.at(Revision.NONE));
  }

  @Test
  void anyOverwritesAndCreates() throws Exception {
    store.put(A, json("1"), Expected.ANY);
    store.put(A, json("2"), Expected.ANY);

    assertEquals("2", text(store.get(A).orElseThrow()));
  }

  @Test
  void conflictNamesDocumentAndExpectation() throws Exception {
    Revision revision = store.put(A, json("1"), Expected.ANY);

    ConflictException conflict =
        assertThrows(ConflictException.class, () -> store.put(A, json("2"), Expected.ABSENT));

    assertEquals("Thing/a: found at " + revision + " (expected: absent)", conflict.getMessage());
  }

  @Test
  void deletesTheExpectedRevision() throws Exception {
    Revision revision = store.put(A, json("1"), Expected.ABSENT);
    Revision newer = store.put(A, json("2"), Expected.ANY);

    assertThrows(ConflictException.class, () -> store.delete(A, Expected.at(revision)));
    assertThrows(ConflictException.class, () -> store.delete(A, Expected.ABSENT));
    assertEquals("2", text(store.get(A).orElseThrow()));

    store.delete(A, Expected.at(newer));
    assertTrue(store.get(A).isEmpty());
  }

  @Test
  void deletingWhatIsAbsentSucceedsUnlessARevisionWasExpected() throws Exception {
    store.delete(A, Expected.ANY);
    store.delete(A, Expected.ABSENT);

    ConflictException conflict =
        assertThrows(ConflictException.class, () -> store.delete(A, Expected.at(new Revision(1))));
    assertEquals(Revision.NONE, conflict.found());
    assertEquals(
        List.of(new Outcome(A, Status.WRITTEN, Revision.NONE)),
        store.write(List.of(Write.delete(A, Expected.ANY))));
  }

  @Test
  void recreatedDocumentNeverHasAnOldRevision() throws Exception {
    Revision old = store.put(A, json("1"), Expected.ABSENT);
    store.delete(A, Expected.at(old));
    Revision recreated = store.put(A, json("1"), Expected.ABSENT);

    assertTrue(recreated.compareTo(old) > 0);
    assertThrows(ConflictException.class, () -> store.put(A, json("2"), Expected.at(old)));
  }

  @Test
  void writesInOrder() throws Exception {
    store.put(B, json("old"), Expected.ANY);

    List<Outcome> outcomes =
        store.write(
            List.of(
                Write.put(A, json("1"), Expected.ABSENT),
                Write.delete(B, Expected.ANY),
                Write.put(A, json("2"), Expected.ANY)));

    assertEquals(List.of(A, B, A), outcomes.stream().map(Outcome::key).toList());
    assertTrue(outcomes.stream().allMatch(Outcome::isWritten));
    for (int i = 1; i < outcomes.size(); i++) {
      assertTrue(outcomes.get(i).revision().compareTo(outcomes.get(i - 1).revision()) > 0);
    }
    assertEquals("2", text(store.get(A).orElseThrow()));
    assertEquals(outcomes.get(2).revision(), store.get(A).orElseThrow().revision());
    assertTrue(store.get(B).isEmpty());
  }

  @Test
  void stopsAtTheFirstConflict() throws Exception {
    Revision found = store.put(B, json("old"), Expected.ANY);

    List<Outcome> outcomes =
        store.write(
            List.of(
                Write.put(A, json("1"), Expected.ABSENT),
                Write.put(B, json("1"), Expected.ABSENT),
                Write.put(C, json("1"), Expected.ABSENT),
                Write.delete(A, Expected.ANY)));

    assertEquals(
        List.of(Status.WRITTEN, Status.CONFLICT, Status.SKIPPED, Status.SKIPPED),
        outcomes.stream().map(Outcome::status).toList());
    assertEquals(found, outcomes.get(1).revision());
    assertEquals(Revision.NONE, outcomes.get(2).revision());
    assertEquals("1", text(store.get(A).orElseThrow()));
    assertEquals("old", text(store.get(B).orElseThrow()));
    assertTrue(store.get(C).isEmpty());
  }

  @Test
  void writingNothingIsAllowed() throws Exception {
    assertEquals(List.of(), store.write(List.of()));
  }

  @Test
  void watchBeginsWithResetAndFollowsInOrder() throws Exception {
    Revision before = store.put(A, json("1"), Expected.ABSENT);
    EventRecorder events = new EventRecorder();

    try (Watch watch = store.watch(KIND, Filter.ALL, events)) {
      Reset reset = events.next(Reset.class);
      assertEquals(List.of(A), keys(reset.listing()));
      assertEquals("1", text(reset.listing().entries().get(0)));
      assertTrue(before.compareTo(reset.listing().revision()) <= 0);

      Revision put = store.put(B, json("2"), Expected.ABSENT);
      store.put(Key.of("Other", "x"), json("{}"), Expected.ANY);
      Revision changed = store.put(A, json("3"), Expected.ANY);
      store.delete(B, Expected.ANY);
      store.delete(C, Expected.ANY);
      Revision last = store.put(C, json("4"), Expected.ABSENT);

      Entry first = events.next(Put.class).entry();
      assertEquals(B, first.key());
      assertEquals("2", text(first));
      assertEquals(put, first.revision());
      assertEquals(changed, events.next(Put.class).entry().revision());
      Deleted deleted = events.next(Deleted.class);
      assertEquals(B, deleted.key());
      assertTrue(deleted.revision().compareTo(changed) > 0);
      assertEquals(last, events.next(Put.class).entry().revision());
    }
  }

  @Test
  void watchOfAnEmptyKindBeginsWithAnEmptyReset() throws Exception {
    EventRecorder events = new EventRecorder();

    try (Watch watch = store.watch(KIND, Filter.ALL, events)) {
      assertEquals(List.of(), events.next(Reset.class).listing().entries());
    }
  }

  @Test
  void watchSeesWritesOfOtherClients() throws Exception {
    Store other = open();
    EventRecorder events = new EventRecorder();

    try (Watch watch = store.watch(KIND, Filter.ALL, events)) {
      events.next(Reset.class);
      Revision revision = other.put(A, json("{}"), Expected.ABSENT);

      assertEquals(revision, events.next(Put.class).entry().revision());
    }
  }

  @Test
  void filterRestrictsResetAndEvents() throws Exception {
    store.put(Key.of(KIND, "node1.x"), json("{}"), Expected.ANY);
    store.put(Key.of(KIND, "node2.x"), json("{}"), Expected.ANY);
    EventRecorder events = new EventRecorder();

    try (Watch watch = store.watch(KIND, new Filter("node1."), events)) {
      assertEquals(List.of(Key.of(KIND, "node1.x")), keys(events.next(Reset.class).listing()));
      store.put(Key.of(KIND, "node2.y"), json("{}"), Expected.ANY);
      store.delete(Key.of(KIND, "node2.x"), Expected.ANY);
      store.put(Key.of(KIND, "node1.y"), json("{}"), Expected.ANY);
      store.delete(Key.of(KIND, "node1.x"), Expected.ANY);

      assertEquals(Key.of(KIND, "node1.y"), events.next(Put.class).entry().key());
      assertEquals(Key.of(KIND, "node1.x"), events.next(Deleted.class).key());
    }
  }

  @Test
  void watchesAreIndependent() throws Exception {
    EventRecorder first = new EventRecorder();
    EventRecorder second = new EventRecorder();

    try (Watch kept = store.watch(KIND, Filter.ALL, second)) {
      Watch closed = store.watch(KIND, Filter.ALL, first);
      first.next(Reset.class);
      second.next(Reset.class);
      closed.close();
      closed.close();
      store.put(A, json("{}"), Expected.ANY);

      assertEquals(A, second.next(Put.class).entry().key());
      assertTrue(first.isEmpty());
    }
  }

  @Test
  void deliversNothingAfterClose() throws Exception {
    ExecutorService writers = Executors.newSingleThreadExecutor();
    try {
      for (int round = 0; round < 20; round++) {
        Key key = Key.of(KIND, "r" + round);
        boolean[] closed = {false};
        boolean[] late = {false};
        Watch watch = store.watch(KIND, Filter.ALL, event -> late[0] |= closed[0]);
        Future<?> writing = writers.submit(callable(() -> put20(key)));
        watch.close();
        closed[0] = true;
        writing.get(1, TimeUnit.MINUTES);

        assertEquals(false, late[0]);
      }
    } finally {
      writers.shutdownNow();
    }
  }

  @Test
  void watcherMayCloseItsOwnWatch() throws Exception {
    CompletableFuture<Watch> watch = new CompletableFuture<>();
    EventRecorder events = new EventRecorder();
    watch.complete(
        store.watch(
            KIND,
            Filter.ALL,
            event -> {
              events.event(event);
              if (event instanceof Put) {
                watch.join().close();
              }
            }));
    events.next(Reset.class);
    EventRecorder others = new EventRecorder();

    try (Watch other = store.watch(KIND, Filter.ALL, others)) {
      others.next(Reset.class);
      store.put(A, json("1"), Expected.ANY);
      events.next(Put.class);
      store.put(A, json("2"), Expected.ANY);
      others.next(Put.class);
      others.next(Put.class);
    }
    assertTrue(events.isEmpty());
  }

  @Test
  void lostStoreFailsCallsAndFreezesWatches() throws Exception {
    store.put(A, json("1"), Expected.ANY);
    EventRecorder events = new EventRecorder();
    EventRecorder late = new EventRecorder();

    try (Watch watch = store.watch(KIND, Filter.ALL, events)) {
      events.next(Reset.class);
      lose();
      assertNotEquals("", events.next(Lost.class).reason());
      assertThrows(StoreException.class, () -> store.get(A));
      assertThrows(StoreException.class, () -> store.list(KIND));
      assertThrows(StoreException.class, () -> store.put(A, json("2"), Expected.ANY));
      try (Watch lateWatch = store.watch(KIND, Filter.ALL, late)) {
        late.next(Lost.class);
        restore();

        assertEquals(List.of(A), keys(late.skipTo(Reset.class).listing()));
        assertEquals(List.of(A), keys(events.skipTo(Reset.class).listing()));
        assertEquals("1", text(store.get(A).orElseThrow()));
        Revision revision = store.put(A, json("2"), Expected.ANY);
        assertEquals(revision, events.next(Put.class).entry().revision());
        assertEquals(revision, late.next(Put.class).entry().revision());
      }
    }
  }

  @Test
  void compareAndSetCountsEveryWriterOnce() throws Exception {
    int writers = 6;
    int rounds = 20;
    List<Store> clients = List.of(store, open());
    store.put(A, json("0"), Expected.ABSENT);

    runConcurrently(
        writers,
        writer -> {
          Store client = clients.get(writer % clients.size());
          for (int i = 0; i < rounds; i++) {
            increment(client, A);
          }
        });

    assertEquals(String.valueOf(writers * rounds), text(store.get(A).orElseThrow()));
  }

  @Test
  void watchMissesNothingUnderConcurrentWriters() throws Exception {
    List<Store> clients = List.of(store, open());
    EventRecorder events = new EventRecorder();

    try (Watch watch = clients.get(1).watch(KIND, Filter.ALL, events)) {
      runConcurrently(
          4,
          writer -> {
            for (int i = 0; i < 40; i++) {
              Key key = Key.of(KIND, "k" + (writer + i) % 5);
              if (i % 7 == 6) {
                clients.get(writer % 2).delete(key, Expected.ANY);
              } else {
                clients.get(writer % 2).put(key, json(writer + "." + i), Expected.ANY);
              }
            }
          });
      Revision last = store.put(A, json("last"), Expected.ANY);

      Map<String, String> seen = new TreeMap<>();
      events.replayUntil(last.number()).forEach((name, entry) -> seen.put(name, text(entry)));
      Map<String, String> stored = new TreeMap<>();
      store.list(KIND).entries().forEach(e -> stored.put(e.key().toString(), text(e)));
      assertEquals(stored, seen);
    }
  }

  private void put20(Key key) throws StoreException {
    for (int i = 0; i < 20; i++) {
      store.put(key, json("{}"), Expected.ANY);
    }
  }

  private static void increment(Store client, Key key) throws StoreException {
    while (true) {
      Entry entry = client.get(key).orElseThrow();
      int next = Integer.parseInt(text(entry)) + 1;
      try {
        client.put(key, json(String.valueOf(next)), Expected.at(entry.revision()));
        return;
      } catch (ConflictException e) {
        // Another writer was faster: that is what is tested; read again.
        assertTrue(e.found().compareTo(entry.revision()) > 0);
      }
    }
  }

  private interface Step {
    void run() throws Exception;
  }

  private interface NumberedStep {
    void run(int number) throws Exception;
  }

  private static Callable<Void> callable(Step step) {
    return () -> {
      step.run();
      return null;
    };
  }

  private static void runConcurrently(int threads, NumberedStep step) throws Exception {
    ExecutorService pool = Executors.newFixedThreadPool(threads);
    try {
      List<Future<Void>> running = new ArrayList<>();
      for (int i = 0; i < threads; i++) {
        int number = i;
        running.add(pool.submit(callable(() -> step.run(number))));
      }
      for (Future<Void> future : running) {
        future.get(2, TimeUnit.MINUTES);
      }
    } finally {
      pool.shutdownNow();
    }
  }

  private static byte[] json(String text) {
    return text.getBytes(UTF_8);
  }

  private static String text(Entry entry) {
    return new String(entry.json(), UTF_8);
  }

  private static List<Key> keys(Listing listing) {
    return listing.entries().stream().map(Entry::key).toList();
  }
}
