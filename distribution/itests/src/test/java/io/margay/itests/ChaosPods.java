// SPDX-License-Identifier: Apache-2.0
package io.margay.itests;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.margay.itests.Pod.Answer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;

/**
 * The container runtime of one node in {@link IpamChaosIT}: attaches and detaches pods at random,
 * forgets some, and writes down who has which address, independently of Margay. Thread-safe.
 */
final class ChaosPods {
  private final Lab lab;
  private final String node;

  /** Of all nodes: address to the container that has it. */
  private final Map<String, String> users;

  private final Queue<String> faults;

  /** Pods that nobody works with now; the others are in somebody's hands. */
  private final Queue<Pod> detached = new ConcurrentLinkedQueue<>();

  private final Map<Pod, List<String>> live = new ConcurrentHashMap<>();

  /** A runtime does not collect while it attaches: calls read, GC writes. */
  private final ReadWriteLock calls = new ReentrantReadWriteLock(true);

  final AtomicInteger adds = new AtomicInteger();
  final AtomicInteger refused = new AtomicInteger();
  final AtomicInteger dels = new AtomicInteger();
  final AtomicInteger repeated = new AtomicInteger();
  final AtomicInteger forgotten = new AtomicInteger();

  /**
   * A runtime without an attached pod.
   *
   * @param faults gets what must not be
   */
  ChaosPods(Lab lab, String node, int pods, Map<String, String> users, Queue<String> faults) {
    this.lab = lab;
    this.node = node;
    this.users = users;
    this.faults = faults;
    detached.addAll(lab.pods(node, pods));
  }

  /** Does one thing to one pod. */
  void step(Random random) {
    calls.readLock().lock();
    try {
      Pod pod = random.nextInt(5) < 3 ? detached.poll() : null;
      if (pod != null) {
        add(pod, random);
        return;
      }
      Pod running = any(random);
      if (running == null) {
        return;
      }
      List<String> addresses = live.remove(running);
      if (addresses == null) {
        return; // Somebody else has taken it up.
      }
      switch (random.nextInt(12)) {
        case 0 -> forget(running, addresses);
        case 1 -> repeat(running, addresses);
        default -> {
          free(running, addresses);
          del(running);
        }
      }
    } finally {
      calls.readLock().unlock();
    }
  }

  /** Tells the plugin which pods there are. */
  Answer collect() {
    calls.writeLock().lock();
    try {
      JsonArray valid = new JsonArray();
      for (Pod pod : live.keySet()) {
        JsonObject attachment = new JsonObject();
        attachment.addProperty("containerID", pod.netns());
        attachment.addProperty("ifname", "eth0");
        valid.add(attachment);
      }
      // Any pod's environment does: GC is about none.
      return new Pod("any", lab.nodeState(node))
          .call("GC", Map.of("cni.dev/valid-attachments", valid));
    } finally {
      calls.writeLock().unlock();
    }
  }

  /** Address to handle of all pods that are attached. */
  Map<String, String> given() {
    Map<String, String> given = new TreeMap<>();
    live.forEach((pod, addresses) -> addresses.forEach(a -> given.put(a, pod.handle())));
    return given;
  }

  Map<Pod, List<String>> live() {
    return live;
  }

  private Pod any(Random random) {
    List<Pod> pods = new ArrayList<>(live.keySet());
    return pods.isEmpty() ? null : pods.get(random.nextInt(pods.size()));
  }

  private void add(Pod pod, Random random) {
    Answer answer = pod.call("ADD");
    if (answer.status() == 0) {
      adds.incrementAndGet();
      take(pod, StoredAddresses.canonical(answer.addresses()));
      return;
    }
    refused.incrementAndGet();
    if (random.nextInt(3) == 0) {
      leave(pod);
    } else {
      del(pod);
    }
  }

  /** The pod must get what it has. */
  private void repeat(Pod pod, List<String> addresses) {
    Answer answer = pod.call("ADD");
    if (answer.status() != 0) {
      free(pod, addresses); // An ADD that fails takes all back.
      del(pod);
      return;
    }
    repeated.incrementAndGet();
    List<String> again = StoredAddresses.canonical(answer.addresses());
    if (!again.equals(addresses)) {
      faults.add(pod.netns() + " had " + addresses + ", and got " + again);
    }
    live.put(pod, addresses);
  }

  private void take(Pod pod, List<String> addresses) {
    for (String address : addresses) {
      String other = users.put(address, pod.netns());
      if (other != null) {
        faults.add(address + " was given to " + pod.netns() + ", and " + other + " has it");
      }
    }
    live.put(pod, addresses);
  }

  private void free(Pod pod, List<String> addresses) {
    addresses.forEach(address -> users.remove(address, pod.netns()));
  }

  private void del(Pod pod) {
    Answer answer = pod.call("DEL");
    if (!answer.equals(new Answer(0, ""))) {
      faults.add("DEL of " + pod.netns() + ": " + answer);
    }
    dels.incrementAndGet();
    detached.add(pod);
  }

  private void forget(Pod pod, List<String> addresses) {
    free(pod, addresses);
    leave(pod);
  }

  /** The pod dies, and the runtime never says so; another comes in its place. */
  private void leave(Pod pod) {
    forgotten.incrementAndGet();
    lab.remove(pod);
    detached.addAll(lab.pods(node, 1));
  }
}
