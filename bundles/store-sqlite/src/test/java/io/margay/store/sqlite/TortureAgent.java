// SPDX-License-Identifier: Apache-2.0
package io.margay.store.sqlite;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.margay.api.store.ConflictException;
import io.margay.api.store.Entry;
import io.margay.api.store.Expected;
import io.margay.api.store.Filter;
import io.margay.api.store.Key;
import io.margay.api.store.Outcome;
import io.margay.api.store.Revision;
import io.margay.api.store.StoreException;
import io.margay.api.store.Watcher;
import io.margay.api.store.Write;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;

/**
 * A process that writes and watches until it is killed. Each line on its standard output is one
 * write(2), so that what it said before its death is whole:
 *
 * <pre>
 * W revision name json   acknowledged write (json - for a deletion)
 * R revision n:r,n:r     reset, with the revision of each name
 * P revision name json   put, seen by the watch
 * D revision name        deletion, seen by the watch
 * L reason               lost
 * E reason               a write that failed
 * </pre>
 */
final class TortureAgent {
  static final String KIND = "Thing";
  private static final int NAMES = 40;
  private static final int THREADS = 4;
  private static final int KEEP_ALL = 1_000_000_000;

  private final FileOutputStream out = new FileOutputStream(FileDescriptor.out);
  private final SqliteStore store;
  private final String self;
  private final AtomicLong counter = new AtomicLong();

  private TortureAgent(Path file) {
    store = new SqliteStore(file, Duration.ofSeconds(60), KEEP_ALL);
    self = String.valueOf(ProcessHandle.current().pid()) + "." + System.nanoTime();
  }

  /** Arguments: the database file. */
  public static void main(String[] args) {
    TortureAgent agent = new TortureAgent(Path.of(args[0]));
    agent.store.watch(KIND, Filter.ALL, agent::say);
    for (int i = 0; i < THREADS; i++) {
      new Thread(agent::write).start();
    }
  }

  private void write() {
    Random random = new Random();
    while (true) {
      try {
        if (random.nextInt(6) == 0) {
          writeGroup(random);
        } else {
          writeOne(random);
        }
      } catch (ConflictException e) {
        // Expected: the processes fight for few names.
        continue;
      } catch (StoreException e) {
        say("E " + e.getMessage());
      }
    }
  }

  private void writeOne(Random random) throws StoreException {
    Key key = randomKey(random);
    Revision found = store.get(key).map(Entry::revision).orElse(Revision.NONE);
    boolean delete = !found.equals(Revision.NONE) && random.nextInt(5) == 0;
    String json = delete ? "-" : document(found.number(), 1);
    Write write =
        delete
            ? Write.delete(key, Expected.at(found))
            : Write.put(key, json.getBytes(UTF_8), Expected.at(found));
    Outcome outcome = store.write(List.of(write)).get(0);
    if (outcome.isWritten()) {
      say("W " + outcome.revision() + " " + key.name() + " " + json);
    }
  }

  /** Three documents that no conflict can stop: all of them or none must be found. */
  private void writeGroup(Random random) throws StoreException {
    String json = document(-1, 3);
    List<Write> group =
        random
            .ints(3, 0, NAMES)
            .mapToObj(i -> Write.put(key(i), json.getBytes(UTF_8), Expected.ANY))
            .toList();
    for (Outcome outcome : store.write(group)) {
      say("W " + outcome.revision() + " " + outcome.key().name() + " " + json);
    }
  }

  private String document(long previous, int groupSize) {
    String id = self + "." + counter.incrementAndGet();
    return "{\"previous\":" + previous + ",\"size\":" + groupSize + ",\"group\":\"" + id + "\"}";
  }

  private static Key randomKey(Random random) {
    return key(random.nextInt(NAMES));
  }

  private static Key key(int number) {
    return Key.of(KIND, "k" + number);
  }

  private void say(Watcher.Event event) {
    if (event instanceof Watcher.Reset reset) {
      String entries =
          reset.listing().entries().stream()
              .map(entry -> entry.key().name() + ":" + entry.revision())
              .collect(Collectors.joining(","));
      say("R " + reset.listing().revision() + " " + entries);
    } else if (event instanceof Watcher.Put put) {
      Entry entry = put.entry();
      String json = new String(entry.json(), UTF_8);
      say("P " + entry.revision() + " " + entry.key().name() + " " + json);
    } else if (event instanceof Watcher.Deleted deleted) {
      say("D " + deleted.revision() + " " + deleted.key().name());
    } else if (event instanceof Watcher.Lost lost) {
      say("L " + lost.reason());
    }
  }

  private void say(String line) {
    try {
      out.write((line + "\n").getBytes(UTF_8));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
