// SPDX-License-Identifier: Apache-2.0
package io.margay.ipam;

import static io.margay.ipam.Cluster.request;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.margay.api.ipam.IpamException;
import io.margay.testkit.FakeStore;
import java.time.Clock;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.Test;

class ConcurrencyTest {
  private static final int PODS = 200;

  private final FakeStore store = new FakeStore();
  private final Cluster cluster = new Cluster(store);

  @Test
  void servesTwoHundredPodsOfOneNodeInAFewWrites() throws Exception {
    cluster.withPool("blue", "10.65.0.0/20", 26);
    CountingStore counting = new CountingStore(store);
    BlockIpam ipam = new BlockIpam(counting, Clock.systemUTC());
    List<Thread> threads = new ArrayList<>();
    Queue<String> got = new ConcurrentLinkedQueue<>();
    for (int i = 0; i < PODS; i++) {
      threads.add(assigning(ipam, "pod" + i, "node1", got));
    }
    // The first write waits until all others have asked, so that they meet.
    store.beforeNextWrite(writes -> awaitWaiting(threads));

    threads.forEach(Thread::start);
    for (Thread thread : threads) {
      thread.join();
    }

    assertEquals(PODS, new HashSet<>(got).size());
    assertEquals(PODS, got.size());
    assertTrue(counting.writes() < 40, counting.writes() + " writes");
    cluster.checkInvariants();
    ipam.close();
  }

  @Test
  void threeNodesSharingAStoreNeverShareAnAddress() throws Exception {
    cluster.withPool("blue", "10.65.0.0/22", 28);
    List<BlockIpam> processes = new ArrayList<>();
    List<Thread> threads = new ArrayList<>();
    Queue<String> got = new ConcurrentLinkedQueue<>();
    for (int node = 0; node < 3; node++) {
      BlockIpam ipam = new BlockIpam(store, Clock.systemUTC());
      processes.add(ipam);
      for (int i = 0; i < PODS; i++) {
        threads.add(assigning(ipam, "pod" + node + "-" + i, "node" + node, got));
      }
    }

    threads.forEach(Thread::start);
    for (Thread thread : threads) {
      thread.join();
    }

    assertEquals(3 * PODS, new HashSet<>(got).size());
    assertEquals(3 * PODS, cluster.allocations().size());
    cluster.checkInvariants();
    for (int node = 0; node < 3; node++) {
      for (int i = 0; i < PODS; i++) {
        assertEquals(1, processes.get((node + 1) % 3).release("pod" + node + "-" + i, List.of()));
      }
    }
    assertEquals(Set.of(), cluster.allocations().keySet());
    processes.forEach(BlockIpam::close);
  }

  @Test
  void twoProcessesOfOneNodeShareItsBlocks() throws Exception {
    cluster.withPool("blue", "10.65.0.0/24", 26);
    BlockIpam one = new BlockIpam(store, Clock.systemUTC());
    BlockIpam two = new BlockIpam(store, Clock.systemUTC());
    List<Thread> threads = new ArrayList<>();
    Queue<String> got = new ConcurrentLinkedQueue<>();
    for (int i = 0; i < PODS; i++) {
      threads.add(assigning(i % 2 == 0 ? one : two, "pod" + i, "node1", got));
    }

    threads.forEach(Thread::start);
    for (Thread thread : threads) {
      thread.join();
    }

    assertEquals(PODS, new HashSet<>(got).size());
    assertEquals(PODS, cluster.allocations().size());
    assertEquals(4, cluster.blocks().size());
    cluster.checkInvariants();
    one.close();
    two.close();
  }

  private static Thread assigning(BlockIpam ipam, String handle, String node, Queue<String> got) {
    return new Thread(
        () -> {
          try {
            got.addAll(Cluster.texts(ipam.assign(request(handle, node), a -> List.of())));
          } catch (IpamException e) {
            got.add("failed: " + e.getMessage());
          }
        });
  }

  private static void awaitWaiting(List<Thread> threads) {
    while (threads.stream().anyMatch(t -> t.getState() != Thread.State.WAITING)) {
      Thread.onSpinWait();
    }
  }
}
