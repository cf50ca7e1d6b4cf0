// SPDX-License-Identifier: Apache-2.0
package io.margay.store.sqlite;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.margay.api.health.Health;
import io.margay.api.store.Expected;
import io.margay.api.store.Key;
import io.margay.api.store.StoreException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A disk that is full or read-only: a small file system of the test's own. */
class SqliteDiskIT {
  private static final Key A = Key.of("Thing", "a");
  private static final byte[] JSON = "{}".getBytes(UTF_8);

  @TempDir Path folder;
  private Path disk;
  private SqliteStore store;

  @BeforeEach
  void mountDisk() throws Exception {
    disk = Files.createDirectory(folder.resolve("disk"));
    assumeTrue(
        run("mount", "-t", "tmpfs", "-o", "size=1m", "margay-test", disk.toString()),
        "not run: this process may not mount a file system");
    store = open();
  }

  @AfterEach
  void unmountDisk() throws Exception {
    if (store != null) {
      store.close();
      assertTrue(run("umount", disk.toString()));
    }
  }

  @Test
  void fullDiskRefusesWritesAndKeepsWhatWasAcknowledged() throws Exception {
    byte[] big = ("{\"x\":\"" + "x".repeat(40_000) + "\"}").getBytes(UTF_8);
    List<Key> acknowledged = new ArrayList<>();

    StoreException refusal =
        assertThrows(
            StoreException.class,
            () -> {
              for (int i = 0; i < 1_000; i++) {
                Key key = Key.of("Thing", "n" + i);
                store.put(key, big, Expected.ABSENT);
                acknowledged.add(key);
              }
            });

    assertTrue(refusal.getMessage().contains("no space left on its disk"), refusal::getMessage);
    assertEquals(Health.Status.DEGRADED, store.check().get(0).status());
    for (Key key : acknowledged) {
      assertEquals(big.length, store.get(key).orElseThrow().json().length);
    }
    assertTrue(store.get(Key.of("Thing", "n" + acknowledged.size())).isEmpty());

    assertTrue(run("mount", "-o", "remount,size=4m", disk.toString()));
    store.put(A, JSON, Expected.ABSENT);
    assertEquals(List.of(Health.ok("store")), store.check());
  }

  @Test
  void readOnlyDiskIsRefused() throws Exception {
    store.put(A, JSON, Expected.ABSENT);
    store.close();
    assertTrue(run("mount", "-o", "remount,ro", disk.toString()));

    store = open();
    StoreException refusal = assertThrows(StoreException.class, () -> store.get(A));

    assertTrue(
        refusal.getMessage().contains("is read-only")
            || refusal.getMessage().contains("cannot be opened"),
        refusal::getMessage);
    assertEquals(List.of(Health.down("store", refusal.getMessage())), store.check());
  }

  private SqliteStore open() {
    return new SqliteStore(disk.resolve("store.db"), Duration.ofSeconds(10), 10_000);
  }

  private static boolean run(String... command) throws IOException, InterruptedException {
    return new ProcessBuilder(command).inheritIO().start().waitFor() == 0;
  }
}
