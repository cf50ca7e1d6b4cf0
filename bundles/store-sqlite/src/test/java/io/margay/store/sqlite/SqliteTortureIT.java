// SPDX-License-Identifier: Apache-2.0
package io.margay.store.sqlite;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Three processes write and watch one file and are killed with SIGKILL at random moments, sometimes
 * all at once: nothing acknowledged may be lost, no watch may see anything wrong.
 */
class SqliteTortureIT {
  private static final int AGENTS = 3;
  private static final int KILLS = Boolean.getBoolean("margay.test.long") ? 300 : 30;

  /** Exit code of a process that died of SIGKILL. */
  private static final int KILLED = 128 + 9;

  @TempDir Path folder;
  private final AtomicInteger kills = new AtomicInteger();
  private final List<Process> running = new CopyOnWriteArrayList<>();

  @Test
  void losesNothingWhenAgentsAreKilled() throws Exception {
    Path file = folder.resolve("store.db");
    ExecutorService slots = Executors.newFixedThreadPool(AGENTS);
    List<List<String>> lives = new ArrayList<>();
    try {
      List<Future<List<List<String>>>> results = new ArrayList<>();
      for (int i = 0; i < AGENTS; i++) {
        results.add(slots.submit(() -> live(file)));
      }
      for (Future<List<List<String>>> result : results) {
        lives.addAll(result.get(30, TimeUnit.MINUTES));
      }
    } finally {
      slots.shutdownNow();
      running.forEach(Process::destroyForcibly);
    }

    TortureLog log = new TortureLog(file);
    log.checkLog();
    int acknowledged = lives.stream().mapToInt(log::checkAcknowledged).sum();
    int watched = lives.stream().mapToInt(log::checkWatched).sum();
    System.out.printf(
        "torture: %d kills, %d changes, %d acknowledged, %d events%n",
        kills.get(), log.size(), acknowledged, watched);

    assertEquals(List.of(), log.faults());
    assertTrue(acknowledged > KILLS && watched > acknowledged);
  }

  /** Starts one agent after the other until enough were killed; returns what each life said. */
  private List<List<String>> live(Path file) throws IOException, InterruptedException {
    List<List<String>> lives = new ArrayList<>();
    while (kills.get() < KILLS) {
      Process agent = start(file);
      running.add(agent);
      lives.add(listenAndKill(agent));
      running.remove(agent);
    }
    return lives;
  }

  private static Process start(Path file) throws IOException {
    String classPath =
        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
    return new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-Xmx64m",
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            // The driver cleans up at exit only, which a killed process never reaches.
            "-Dorg.sqlite.tmpdir=" + file.getParent(),
            "-cp",
            classPath,
            TortureAgent.class.getName(),
            file.toString())
        .redirectError(ProcessBuilder.Redirect.DISCARD)
        .start();
  }

  private List<String> listenAndKill(Process agent) throws IOException, InterruptedException {
    Random random = ThreadLocalRandom.current();
    boolean young = random.nextInt(5) == 0;
    int linesToHear = young ? 0 : random.nextInt(1_500);
    List<String> lines = new ArrayList<>();
    try (BufferedReader output =
        new BufferedReader(new InputStreamReader(agent.getInputStream(), UTF_8))) {
      output.lines().limit(linesToHear).forEach(lines::add);
      // A moment that has nothing to do with what the agent said: also while it opens the file.
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(random.nextInt(young ? 600 : 20)));
      kill(random.nextInt(4) == 0 ? List.copyOf(running) : List.of(agent));
      output.lines().forEach(lines::add);
    }
    int exit = agent.waitFor();
    assertEquals(KILLED, exit, () -> "agent ended by itself; it said: " + lines);
    return lines;
  }

  private void kill(List<Process> agents) {
    for (Process agent : agents) {
      if (agent.isAlive()) {
        kills.incrementAndGet();
        // By its handle: Process.destroyForcibly also closes the pipe that we still read.
        agent.toHandle().destroyForcibly();
      }
    }
  }
}
