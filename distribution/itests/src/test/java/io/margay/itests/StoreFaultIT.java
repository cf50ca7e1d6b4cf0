// SPDX-License-Identifier: Apache-2.0
package io.margay.itests;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * A store that cannot be used is never made anew: the agent says so, waits, and goes on with it.
 */
class StoreFaultIT {
  private static final String NODE = "node1";

  private static Lab lab;
  private static Path store;
  private static Pod pod;

  @BeforeAll
  static void up() throws IOException {
    lab = Lab.up(1, "46");
    store = lab.store();
    pod = lab.pod(NODE);
    pod.add();
    lab.settledKernel(NODE);
  }

  @AfterAll
  static void down() throws IOException {
    if (lab != null) {
      lab.close();
    }
  }

  @Test
  void waitsForAFileThatIsNotThere() throws Exception {
    Path away = store.resolveSibling("away.db");

    assertWaits(
        "is missing but was here before",
        () -> Files.move(store, away),
        () -> {
          assertFalse(Files.exists(store));
          Files.move(away, store);
        });
  }

  /** What is known stays in force, and changes of the node go on with the store that comes back. */
  @Test
  void keepsThePodsWhileTheFileIsAway() throws Exception {
    List<String> kernel = lab.kernel(NODE).state();
    Path away = store.resolveSibling("away.db");

    Files.move(store, away);
    try {
      Lab.await("health is down", () -> health("store").contains("DOWN"));
      assertEquals(50, pod.call("STATUS").code());
      assertEquals(List.of(), lab.kernel(NODE).changesSince(kernel));
      assertFalse(Files.exists(store));
    } finally {
      Files.move(away, store);
    }

    Lab.await("health is good", () -> health("store").contains("OK"));
    Pod other = lab.pod(NODE);
    other.add();
    other.del();
    assertEquals(List.of(), lab.kernel(NODE).changesSince(kernel));
  }

  @ParameterizedTest
  @CsvSource({"0, 100, is not an SQLite database", "4096, 100000, is corrupt"})
  void leavesADamagedFileAsItIs(int begin, int end, String reason) throws Exception {
    byte[] sound = soundFile();
    byte[] damaged = sound.clone();
    Arrays.fill(damaged, begin, Math.min(end, damaged.length), (byte) 'x');

    assertLeftAsItIs(reason, sound, damaged);
  }

  @Test
  void leavesAnEmptyFileAsItIs() throws Exception {
    assertLeftAsItIs("is empty", soundFile(), new byte[0]);
  }

  /** By the bytes that SQLite locks: PENDING_BYTE and the shared range, os.h of its source. */
  @Test
  void waitsForALockedFile() throws Exception {
    try (FileChannel channel =
        FileChannel.open(store, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      FileLock[] lock = new FileLock[1];
      assertWaits(
          "is locked",
          () -> lock[0] = channel.lock(0x4000_0000, 512, false),
          () -> lock[0].release());
    }
  }

  /** Of a stopped agent, which leaves all in the one file. */
  private static byte[] soundFile() throws IOException {
    lab.stop(NODE);
    return Files.readAllBytes(store);
  }

  private static void assertLeftAsItIs(String reason, byte[] sound, byte[] damaged)
      throws Exception {
    assertWaits(
        reason,
        () -> Files.write(store, damaged),
        () -> {
          assertArrayEquals(damaged, Files.readAllBytes(store));
          Files.write(store, sound);
        });
  }

  private interface Act {
    void run() throws Exception;
  }

  /** Starts the agent on what was done to the store; ready it is when that was undone. */
  private static void assertWaits(String reason, Act act, Act undo) throws Exception {
    List<String> kernel = lab.kernel(NODE).state();
    int logged = lab.log(NODE).size();
    lab.stop(NODE);
    act.run();
    CompletableFuture<Void> started = CompletableFuture.runAsync(() -> lab.start(NODE));
    try {
      Lab.await("health says " + reason, () -> health("store").contains(reason));
      assertTrue(health("store").contains("DOWN"), health("store"));
      assertEquals(50, pod.call("STATUS").code());
      assertEquals(List.of(), lab.kernel(NODE).changesSince(kernel));
    } finally {
      undo.run();
    }
    started.get();
    List<String> warnings =
        lab.log(NODE).stream()
            .skip(logged)
            .filter(line -> line.contains(" WARN "))
            .map(line -> line.substring(line.indexOf(" WARN ")))
            .toList();
    assertEquals(warnings.stream().distinct().toList(), warnings, "each is said once");
    assertTrue(health("store").contains("OK"), health("store"));
    assertEquals(2, StoredAddresses.of(lab, NODE).of(pod.handle()).size());
    assertEquals(List.of(), lab.kernel(NODE).changesSince(kernel));
  }

  private static String health(String part) {
    Optional<JsonObject> row = lab.health(NODE, part);
    return row.map(JsonObject::toString).orElse("no console yet");
  }
}
