// SPDX-License-Identifier: Apache-2.0
package io.margay.store.sqlite;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.margay.api.store.Expected;
import io.margay.api.store.Filter;
import io.margay.api.store.Key;
import io.margay.api.store.Watcher;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * How long it takes until a change is seen by the watch of another process, from before the put to
 * the event there. Two JVMs on one machine read one clock (CLOCK_MONOTONIC).
 *
 * <p>Usage: {@code VisibilityBench [PUTS [PAUSE_MILLIS]]}; starts its other half by itself.
 */
final class VisibilityBench {
  private static final String KIND = "Bench";
  private static final Key STARTED = Key.of("BenchStarted", "watcher");
  private static final Key PUT = Key.of(KIND, "put");

  private VisibilityBench() {}

  public static void main(String[] args) throws Exception {
    if (args.length > 0 && args[0].equals("watch")) {
      watch(Path.of(args[1]), Integer.parseInt(args[2]));
      return;
    }
    int puts = args.length > 0 ? Integer.parseInt(args[0]) : 1_000;
    int pauseMillis = args.length > 1 ? Integer.parseInt(args[1]) : 5;
    Path file = Files.createTempDirectory("margay-bench").resolve("store.db");
    Process watcher =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                VisibilityBench.class.getName(),
                "watch",
                file.toString(),
                String.valueOf(puts))
            .inheritIO()
            .start();
    SqliteStore store = new SqliteStore(file, Duration.ofSeconds(10), 10_000);
    Semaphore started = new Semaphore(0);
    store.watch(
        STARTED.kind(),
        Filter.ALL,
        event -> {
          if (event instanceof Watcher.Put
              || event instanceof Watcher.Reset reset && !reset.listing().entries().isEmpty()) {
            started.release();
          }
        });
    started.acquire();
    long[] nanos = new long[puts];
    for (int i = 0; i < puts; i++) {
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(pauseMillis));
      long begin = System.nanoTime();
      store.put(PUT, String.valueOf(begin).getBytes(UTF_8), Expected.ANY);
      nanos[i] = System.nanoTime() - begin;
    }
    print("put", nanos);
    watcher.waitFor();
    store.close();
  }

  private static void watch(Path file, int puts) throws Exception {
    SqliteStore store = new SqliteStore(file, Duration.ofSeconds(10), 10_000);
    long[] nanos = new long[puts];
    int[] seen = {0};
    Semaphore done = new Semaphore(0);
    store.watch(
        KIND,
        Filter.ALL,
        event -> {
          if (event instanceof Watcher.Put put) {
            long begin = Long.parseLong(new String(put.entry().json(), UTF_8));
            nanos[seen[0]++] = System.nanoTime() - begin;
            if (seen[0] == puts) {
              done.release();
            }
          }
        });
    store.put(STARTED, "{}".getBytes(UTF_8), Expected.ANY);
    done.acquire();
    print("seen by the other process", nanos);
    store.close();
  }

  private static void print(String what, long[] nanos) {
    Arrays.sort(nanos);
    System.out.printf(
        "%-28s p50 %.2f ms  p99 %.2f ms  max %.2f ms%n",
        what, at(nanos, 50), at(nanos, 99), at(nanos, 100));
  }

  private static double at(long[] sorted, int percent) {
    return sorted[(sorted.length - 1) * percent / 100] / 1e6;
  }
}
