// SPDX-License-Identifier: Apache-2.0
package io.margay.itests;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * Pods come and go on three nodes while agents are killed, the store is locked and runtimes forget
 * pods. Nobody ever gets an address that somebody else has, and in the end nothing is left over.
 *
 * <p>{@code -Dmargay.chaos.operations=10000 -Dmargay.chaos.seconds=600} does more.
 */
class IpamChaosIT {
  private static final int OPERATIONS = Integer.getInteger("margay.chaos.operations", 10_000);
  private static final int SECONDS = Integer.getInteger("margay.chaos.seconds", 45);
  private static final int THREADS = 8;
  private static final int PODS = 20;
  private static final List<String> NODES = List.of("node1", "node2", "node3");

  private static Lab lab;

  private final Map<String, String> users = new ConcurrentHashMap<>();
  private final Queue<String> faults = new ConcurrentLinkedQueue<>();
  private final Map<String, ChaosPods> runtimes = new TreeMap<>();
  private final AtomicInteger operations = new AtomicInteger();
  private final AtomicInteger kills = new AtomicInteger();
  private final AtomicInteger locks = new AtomicInteger();
  private final CountDownLatch end = new CountDownLatch(1);
  private final long endNanos = System.nanoTime() + Duration.ofSeconds(SECONDS).toNanos();

  @BeforeAll
  static void up() throws IOException {
    lab =
        Lab.up(
            NODES.size(),
            "46",
            Map.of("io.margay.ipam.reconciler.cfg", "intervalSeconds = 1\ngraceSeconds = 4\n"));
  }

  @AfterAll
  static void down() throws IOException {
    if (lab != null) {
      lab.close();
    }
  }

  @Test
  void nothingLeaksAndNoAddressIsGivenTwice() throws Exception {
    NODES.forEach(n -> runtimes.put(n, new ChaosPods(lab, n, PODS, users, faults)));
    List<Thread> disturbers =
        List.of(thread("killer", this::kill), thread("locker", this::lock), thread("gc", this::gc));
    List<Thread> workers = new ArrayList<>();
    for (int i = 0; i < THREADS; i++) {
      workers.add(thread("runtime-" + i, this::work));
    }

    join(workers);
    end.countDown();
    join(disturbers);

    System.out.println(summary());
    assertEquals(List.of(), List.copyOf(faults));
    settle();
    assertEquals(given(), StoredAddresses.of(lab, "node2").blocks());
    assertEveryPodPings();
  }

  /** All that was left over goes by itself. */
  private void settle() {
    for (String node : NODES) {
      assertEquals(new Pod.Answer(0, ""), runtimes.get(node).collect());
    }
    for (String node : NODES) {
      Lab.await("no DEL waits on " + node, () -> lab.spool(node).isEmpty());
      Lab.await("ipam:check finds nothing on " + node, () -> isClean(node));
    }
  }

  private static boolean isClean(String node) {
    return lab.client(node, "", "exec", "ipam:check").exitCode() == 0;
  }

  private void assertEveryPodPings() {
    Map<Pod, List<String>> all = new ConcurrentHashMap<>();
    runtimes.values().forEach(runtime -> all.putAll(runtime.live()));
    List<Pod> pods = new ArrayList<>(all.keySet());
    Collections.shuffle(pods);
    for (int i = 0; i < pods.size(); i++) {
      Pod source = pods.get(i);
      for (String address : all.get(pods.get((i + 1) % pods.size()))) {
        Lab.await(source + " reaches " + address, () -> source.reaches(address));
      }
    }
  }

  private Map<String, String> given() {
    Map<String, String> given = new TreeMap<>();
    runtimes.values().forEach(runtime -> given.putAll(runtime.given()));
    return given;
  }

  // ---- what happens at the same time

  private void work() {
    Random random = ThreadLocalRandom.current();
    while (operations.incrementAndGet() <= OPERATIONS && System.nanoTime() < endNanos) {
      runtimes.get(NODES.get(random.nextInt(NODES.size()))).step(random);
    }
  }

  private void kill() throws InterruptedException {
    Random random = ThreadLocalRandom.current();
    while (!end.await(2 + random.nextInt(5), TimeUnit.SECONDS)) {
      String node = NODES.get(random.nextInt(NODES.size()));
      lab.kill(node);
      kills.incrementAndGet();
      lab.start(node);
    }
  }

  /** As a process does that writes for long. */
  private void lock() throws InterruptedException, SQLException {
    Random random = ThreadLocalRandom.current();
    try (Connection store = DriverManager.getConnection("jdbc:sqlite:" + lab.store());
        Statement statement = store.createStatement()) {
      statement.execute("PRAGMA busy_timeout = 60000");
      boolean isEnd = false;
      while (!isEnd && !end.await(1 + random.nextInt(4), TimeUnit.SECONDS)) {
        statement.execute("BEGIN IMMEDIATE");
        isEnd = end.await(200 + random.nextInt(1500), TimeUnit.MILLISECONDS);
        statement.execute("ROLLBACK");
        locks.incrementAndGet();
      }
    }
  }

  private void gc() throws InterruptedException {
    while (!end.await(7, TimeUnit.SECONDS)) {
      runtimes.values().forEach(ChaosPods::collect);
    }
  }

  // ---- threads

  private interface Task {
    void run() throws Exception;
  }

  private Thread thread(String name, Task task) {
    Thread thread =
        new Thread(
            () -> {
              try {
                task.run();
              } catch (Exception | AssertionError e) {
                faults.add(name + ": " + e);
              }
            },
            name);
    thread.start();
    return thread;
  }

  private static void join(List<Thread> threads) throws InterruptedException {
    for (Thread thread : threads) {
      thread.join();
    }
  }

  private String summary() {
    StringBuilder text = new StringBuilder();
    text.append(Math.min(OPERATIONS, operations.get())).append(" operations, ");
    text.append(kills).append(" agents killed, store locked ").append(locks).append(" times");
    runtimes.forEach(
        (node, runtime) ->
            text.append("; ")
                .append(node)
                .append(": ADD " + runtime.adds + " and " + runtime.refused + " refused, DEL ")
                .append(runtime.dels + ", repeated " + runtime.repeated + ", forgotten ")
                .append(runtime.forgotten));
    return text.toString();
  }
}
