// SPDX-License-Identifier: Apache-2.0
package io.margay.ipam;

import static io.margay.ipam.Cluster.request;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.margay.api.ipam.IpamException;
import io.margay.api.net.IpFamily;
import io.margay.api.resource.IpamHandle;
import io.margay.api.store.Expected;
import io.margay.api.store.Key;
import io.margay.api.store.StoreException;
import io.margay.testkit.FakeStore;
import java.time.Clock;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Whatever dies between any two writes: one owner per block, one holder per address, no leak. */
class CrashTest {
  /** One step of a scenario. */
  private interface Step {
    void run(BlockIpam ipam) throws IpamException;
  }

  private static final List<Step> SCENARIO =
      List.of(
          assign("a", IpFamily.IPV4, IpFamily.IPV6),
          assign("b", IpFamily.IPV4),
          assign("c", IpFamily.IPV4, IpFamily.IPV6),
          release("b"),
          assign("d", IpFamily.IPV4),
          assign("e", IpFamily.IPV4),
          release("a"),
          release("c"));

  @Test
  void survivesACrashBetweenAnyTwoWrites() throws Exception {
    int crashes = 0;
    while (crashesAfter(crashes)) {
      crashes++;
    }
    assertTrue(crashes > 20, crashes + " places to crash at");
  }

  @Test
  void survivesLostAnswers() throws Exception {
    for (int lost = 0; lost < SCENARIO.size(); lost++) {
      FakeStore store = new FakeStore(Runnable::run);
      Cluster cluster = new Cluster(store);
      cluster.withPool("blue", "10.65.0.0/29", 30).withPool("six", "fd00:65::/125", 126);
      BlockIpam ipam = new BlockIpam(store, Clock.systemUTC());
      for (int i = 0; i < SCENARIO.size(); i++) {
        if (i == lost) {
          store.loseNextAnswer();
          run(SCENARIO.get(i), ipam);
          cluster.checkInvariants();
        }
        SCENARIO.get(i).run(ipam);
      }
      checkEnd(cluster, ipam);
    }
  }

  /** Random requests of three processes on two nodes, which race each other and crash. */
  @Test
  void survivesAnyInterleaving() throws Exception {
    for (int seed = 0; seed < 60; seed++) {
      Random random = new Random(seed);
      FakeStore store = new FakeStore(Runnable::run);
      Cluster cluster = new Cluster(store);
      cluster.withPool("blue", "10.65.0.0/28", 30).withPool("six", "fd00:65::/125", 126);
      Map<Integer, BlockIpam> processes = new HashMap<>();
      for (int i = 0; i < 3; i++) {
        processes.put(i, new BlockIpam(store, Clock.systemUTC()));
      }
      for (int i = 0; i < 40; i++) {
        disturb(store, random);
        int process = random.nextInt(3);
        run(randomStep(random, process), processes.get(process));
        settle(store, processes.get(process));
        cluster.checkInvariants();
        if (random.nextInt(8) == 0) {
          processes.get(process).close();
          processes.put(process, new BlockIpam(store, Clock.systemUTC()));
        }
      }
      for (char handle = 'a'; handle <= 'h'; handle++) {
        processes.get(0).release("h" + handle, List.of());
      }
      assertEquals(Map.of(), cluster.allocations(), "seed " + seed);
      assertEquals(0, store.list(IpamHandle.KIND).entries().size(), "seed " + seed);
      processes.values().forEach(BlockIpam::close);
    }
  }

  /** Waits for blocks claimed ahead, uses up a disturbance that met no write, ends a crash. */
  private static void settle(FakeStore store, BlockIpam ipam) {
    run(release("nobody"), ipam); // Served after whatever the process was still doing.
    try {
      store.delete(Key.of("Nothing", "nothing"), Expected.ANY);
    } catch (StoreException e) {
      // The disturbance was a lost answer.
    }
    store.restore();
  }

  private static void disturb(FakeStore store, Random random) {
    int kind = random.nextInt(4);
    if (kind == 0) {
      store.crashAfter(random.nextInt(6));
    } else if (kind == 1) {
      Step step = randomStep(random, random.nextInt(3));
      store.beforeNextWrite(
          writes -> {
            // Always one more process: none can serve a request while it waits for its own write.
            BlockIpam fresh = new BlockIpam(store, Clock.systemUTC());
            run(step, fresh);
            fresh.close();
          });
    } else if (kind == 2) {
      store.loseNextAnswer();
    }
  }

  private static Step randomStep(Random random, int process) {
    String handle = "h" + (char) ('a' + random.nextInt(8));
    String node = process == 2 ? "node2" : "node1";
    return switch (random.nextInt(4)) {
      case 0 -> release(handle);
      case 1 ->
          ipam -> ipam.assign(request(handle, node, IpFamily.IPV4, IpFamily.IPV6), a -> List.of());
      default -> ipam -> ipam.assign(request(handle, node), a -> List.of());
    };
  }

  /** Runs the scenario with a crash after that many writes; false when it ended without. */
  private static boolean crashesAfter(int writes) throws Exception {
    FakeStore store = new FakeStore(Runnable::run);
    Cluster cluster = new Cluster(store);
    cluster.withPool("blue", "10.65.0.0/29", 30).withPool("six", "fd00:65::/125", 126);
    BlockIpam ipam = new BlockIpam(store, Clock.systemUTC());
    store.crashAfter(writes);
    boolean crashed = false;
    for (Step step : SCENARIO) {
      if (!run(step, ipam)) {
        crashed = true;
        ipam.close();
        store.restore();
        cluster.checkInvariants();
        ipam = new BlockIpam(store, Clock.systemUTC());
        step.run(ipam);
      }
    }
    store.restore();
    checkEnd(cluster, ipam);
    return crashed;
  }

  private static void checkEnd(Cluster cluster, BlockIpam ipam) throws Exception {
    cluster.checkInvariants();
    assertEquals(Set.of("d", "e"), new HashSet<>(cluster.allocations().values()));
    ipam.release("d", List.of());
    ipam.release("e", List.of());
    assertEquals(Map.of(), cluster.allocations());
    assertEquals(0, cluster.store().list(IpamHandle.KIND).entries().size());
    ipam.close();
  }

  private static boolean run(Step step, BlockIpam ipam) {
    try {
      step.run(ipam);
      return true;
    } catch (IpamException e) {
      return false;
    }
  }

  private static Step assign(String handle, IpFamily... families) {
    return ipam -> ipam.assign(request(handle, "node1", families), a -> List.of());
  }

  private static Step release(String handle) {
    return ipam -> ipam.release(handle, List.of());
  }
}
