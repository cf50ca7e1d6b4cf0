// SPDX-License-Identifier: Apache-2.0
package io.margay.itests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.margay.itests.RawRelay.Outcome;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * Random verbs from several threads, while the relay of a call and the agent are killed at random
 * moments. No DEL is refused, and when all pods are deleted nothing is left.
 *
 * <p>{@code -Dmargay.verbs.operations=100000 -Dmargay.verbs.seconds=600} does more.
 */
class VerbChaosIT {
  private static final String NODE = "node1";
  private static final int OPERATIONS = Integer.getInteger("margay.verbs.operations", 10_000);
  private static final int SECONDS = Integer.getInteger("margay.verbs.seconds", 60);
  private static final int THREADS = 8;
  private static final int PODS = 40;

  private static Lab lab;

  /** Stays attached, so that the blocks stay. */
  private Pod keeper;

  private final Queue<String> faults = new ConcurrentLinkedQueue<>();

  /** Pods that nobody calls anything about now. */
  private final BlockingQueue<Pod> idle = new LinkedBlockingQueue<>();

  /** What the last ADD of a pod has answered, until its DEL. */
  private final Map<Pod, JsonObject> results = new ConcurrentHashMap<>();

  /** A runtime does not collect while it attaches: calls read, GC writes. */
  private final ReadWriteLock calls = new ReentrantReadWriteLock(true);

  private final Map<String, AtomicInteger> counts = new ConcurrentHashMap<>();
  private final AtomicInteger operations = new AtomicInteger();
  private final CountDownLatch end = new CountDownLatch(1);
  private final long endNanos = System.nanoTime() + Duration.ofSeconds(SECONDS).toNanos();

  @BeforeAll
  static void up() throws IOException {
    lab = Lab.up(1, "46");
  }

  @AfterAll
  static void down() throws IOException {
    if (lab != null) {
      lab.close();
    }
  }

  @Test
  void nothingLeaksAndNoDelIsRefused() throws Exception {
    keeper = lab.pod(NODE);
    keeper.add();
    List<Pod> pods = lab.pods(NODE, PODS);
    idle.addAll(pods);
    List<String> kernel = lab.kernel(NODE).podObjects();
    StoredAddresses stored = StoredAddresses.of(lab, NODE);
    long namespaces = namespaces();

    List<Thread> workers = new ArrayList<>();
    for (int i = 0; i < THREADS; i++) {
      workers.add(thread("runtime-" + i, this::work));
    }
    Thread killer = thread("killer", this::killAgents);
    for (Thread worker : workers) {
      worker.join();
    }
    end.countDown();
    killer.join();

    System.out.println(counts);
    assertEquals(List.of(), List.copyOf(faults));
    assertTrue(lab.agentRuns(NODE));
    pods.forEach(pod -> assertEquals(new Outcome(0, ""), call(pod, "DEL", Map.of())));
    Lab.await("no DEL waits", () -> lab.spool(NODE).isEmpty());
    Lab.await("no link is left", () -> lab.kernel(NODE).podObjects().equals(kernel));
    assertEquals(stored, StoredAddresses.of(lab, NODE));
    assertEquals(namespaces, namespaces());
    for (Pod pod : pods) {
      assertEquals(List.of("lo"), linksOf(pod), pod.netns());
    }
  }

  private void work() throws InterruptedException {
    Random random = ThreadLocalRandom.current();
    while (operations.incrementAndGet() <= OPERATIONS && System.nanoTime() < endNanos) {
      if (random.nextInt(100) == 0) {
        collect();
        continue;
      }
      calls.readLock().lock();
      try {
        Pod pod = idle.take();
        step(pod, random);
        idle.add(pod);
      } finally {
        calls.readLock().unlock();
      }
    }
  }

  private void step(Pod pod, Random random) {
    String verb =
        switch (random.nextInt(10)) {
          case 0 -> "CHECK";
          case 1 -> "STATUS";
          case 2 -> "VERSION";
          case 3, 4, 5 -> "DEL";
          default -> "ADD";
        };
    Map<String, JsonElement> config =
        verb.equals("CHECK") && results.containsKey(pod)
            ? Map.of("prevResult", results.get(pod))
            : Map.of();
    if (verb.equals("DEL")) {
      results.remove(pod);
    }
    if (random.nextInt(6) == 0) {
      count(verb + " killed");
      // A killed ADD may or may not have happened, and one after another changes nothing.
      Duration after = Duration.ofNanos(random.nextInt(20_000_000));
      RawRelay.callAndKill(environment(pod, verb), input(config), after);
      return;
    }
    judge(pod, verb, call(pod, verb, config));
  }

  private void judge(Pod pod, String verb, Outcome outcome) {
    count(verb + " " + outcome.code());
    switch (verb) {
      case "DEL" -> {
        if (!outcome.equals(new Outcome(0, ""))) {
          faults.add("DEL of " + pod.netns() + ": " + outcome);
        }
      }
      case "ADD" -> {
        if (outcome.code() == 0) {
          results.put(pod, JsonParser.parseString(outcome.output()).getAsJsonObject());
        } else {
          results.remove(pod); // An ADD that fails takes all back.
          if (outcome.code() != 11) {
            faults.add("ADD of " + pod.netns() + ": " + outcome);
          }
        }
      }
      default -> {
        // RawRelay has looked at its form; an agent that has just died may refuse it.
      }
    }
  }

  private void collect() {
    calls.writeLock().lock();
    try {
      JsonArray valid = new JsonArray();
      for (Pod pod : results.keySet()) {
        JsonObject attachment = new JsonObject();
        attachment.addProperty("containerID", pod.netns());
        attachment.addProperty("ifname", "eth0");
        valid.add(attachment);
      }
      JsonObject kept = new JsonObject();
      kept.addProperty("containerID", keeper.netns());
      kept.addProperty("ifname", "eth0");
      valid.add(kept);
      Pod any = idle.peek();
      judge(any, "GC", call(any, "GC", Map.of("cni.dev/valid-attachments", valid)));
    } finally {
      calls.writeLock().unlock();
    }
  }

  private void killAgents() throws InterruptedException {
    Random random = ThreadLocalRandom.current();
    while (!end.await(500 + random.nextInt(4000), TimeUnit.MILLISECONDS)) {
      lab.kill(NODE);
      count("agent killed");
      lab.start(NODE);
    }
  }

  private void count(String what) {
    counts.computeIfAbsent(what, w -> new AtomicInteger()).incrementAndGet();
  }

  // ---- calls

  private static Outcome call(Pod pod, String verb, Map<String, JsonElement> config) {
    return RawRelay.call(environment(pod, verb), input(config));
  }

  private static Map<String, String> environment(Pod pod, String verb) {
    Map<String, String> environment = new HashMap<>(pod.environment(verb));
    environment.put("MARGAY_CNI_SOCKET", pod.state().resolve("run/cni.sock").toString());
    return environment;
  }

  private static byte[] input(Map<String, JsonElement> config) {
    return Pod.config(config).getBytes(StandardCharsets.UTF_8);
  }

  // ---- what could be left

  private static long namespaces() {
    return Shell.run("ip", "netns", "list").lines().stream()
        .filter(line -> line.startsWith(lab.netns("")))
        .count();
  }

  private static List<String> linksOf(Pod pod) {
    return Shell.run("ip", "-n", pod.netns(), "-br", "link", "show")
        .orFail()
        .lines()
        .map(line -> line.split("[@\\s]")[0])
        .filter(name -> !name.equals("tunl0") && !name.equals("sit0") && !name.equals("ip6tnl0"))
        .toList();
  }

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
}
