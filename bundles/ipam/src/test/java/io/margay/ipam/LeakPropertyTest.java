// SPDX-License-Identifier: Apache-2.0
package io.margay.ipam;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import io.margay.api.resource.BlockAffinity;
import io.margay.api.resource.IpamBlock;
import io.margay.api.resource.IpamConfiguration;
import io.margay.api.resource.IpamHandle;
import io.margay.api.resource.Node;
import io.margay.api.resource.WorkloadEndpoint;
import io.margay.api.store.Entry;
import io.margay.api.store.Expected;
import io.margay.api.store.Key;
import io.margay.testkit.FakeStore;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/**
 * Pods come, come again, go and are forgotten on three nodes whose agents die between any two
 * writes, whose store times out, loses answers and tells of changes late, while every node
 * reconciles. At no time is an address of a living pod anybody else's or nobody's; in the end
 * nothing is held but by living pods.
 */
class LeakPropertyTest {
  private static final int SEEDS = Integer.getInteger("margay.property.seeds", 60);
  private static final int STEPS = 80;
  private static final int PODS = 6;

  private final Queue<Runnable> events = new ArrayDeque<>();

  @Test
  void nothingLeaksAndNothingLiveIsFreed() throws Exception {
    for (int seed = 0; seed < SEEDS; seed++) {
      try {
        new Run(seed).run();
      } catch (AssertionError | Exception e) {
        throw new AssertionError("seed " + seed + ": " + e.getMessage(), e);
      }
    }
  }

  private final class Run {
    private final Random random;
    private final FakeStore store = new FakeStore(this::later);
    private final Cluster cluster = new Cluster(store);
    private final TestClock clock = new TestClock();
    private final List<NodeModel> nodes = new ArrayList<>();
    private final Set<String> deleted = new TreeSet<>();
    private boolean isLate;

    Run(int seed) throws Exception {
      random = new Random(seed);
      cluster.withPool("blue", "10.65.0.0/27", 29).withPool("six", "fd00:65::/123", 125);
      if (random.nextBoolean()) {
        cluster.with(IpamConfiguration.DEFAULT.withSpec(Map.of("ipCooldownSeconds", 45L)));
      }
      for (String name : List.of("n1", "n2", "n3")) {
        cluster.with(Node.of(name));
        nodes.add(new NodeModel(name, store, random, clock));
      }
    }

    void run() throws Exception {
      for (int i = 0; i < STEPS; i++) {
        step(nodes.get(random.nextInt(nodes.size())));
        nodes.forEach(NodeModel::settle);
        tell(random.nextInt(4));
        check();
      }
      recover();
      check();
      checkEnd();
      nodes.forEach(NodeModel::kill);
    }

    private void step(NodeModel node) throws Exception {
      if (node.isDead()) {
        revive(node);
        return;
      }
      isLate = random.nextBoolean();
      String pod = node.name + "p" + random.nextInt(PODS);
      clock.advance(Duration.ofSeconds(random.nextInt(40)));
      node.rough(random.nextInt(3) > 0);
      switch (random.nextInt(12)) {
        case 0, 1, 2, 3 -> node.add(pod);
        case 4, 5 -> node.detach(pod);
        case 6 -> node.forget(pod);
        case 7 -> node.collect();
        case 8 -> {
          if (random.nextInt(4) == 0) {
            lose(node);
          } else {
            node.kill();
          }
        }
        default -> {
          clock.advance(Duration.ofSeconds(random.nextInt(400)));
          node.pass(() -> interfere(node));
          store.beforeNextWrite(writes -> {}); // What met no write meets none of another step.
        }
      }
      node.rough(false);
    }

    /** Between the reconciler's look and its write, a pod is attached once more. */
    private void interfere(NodeModel node) {
      String pod = node.name + "p" + random.nextInt(PODS);
      if (random.nextInt(4) == 0) {
        store.beforeNextWrite(
            writes -> {
              isLate = false; // A process that starts waits until it knows the store.
              tell(Integer.MAX_VALUE);
              node.addBeside(pod);
            });
      }
    }

    private void revive(NodeModel node) throws Exception {
      if (deleted.contains(node.name) && random.nextInt(3) > 0) {
        return;
      }
      isLate = false;
      tell(Integer.MAX_VALUE);
      if (deleted.remove(node.name)) {
        cluster.with(Node.of(node.name));
      }
      node.start();
    }

    /** A node is lost for good, and an administrator or Kubernetes deletes it. */
    private void lose(NodeModel node) throws Exception {
      node.lose();
      if (deleted.isEmpty()) {
        deleted.add(node.name);
        store.delete(Key.of(Node.KIND, node.name), Expected.ANY);
      }
    }

    private void later(Runnable event) {
      synchronized (events) {
        if (isLate) {
          events.add(event);
          return;
        }
      }
      tell(Integer.MAX_VALUE);
      event.run();
    }

    private void tell(int count) {
      for (int i = 0; i < count; i++) {
        Runnable event;
        synchronized (events) {
          event = events.poll();
        }
        if (event == null) {
          return;
        }
        event.run();
      }
    }

    /** What holds at any time. */
    private void check() throws Exception {
      cluster.checkInvariants();
      Map<String, String> held = cluster.allocations();
      Map<String, String> users = new HashMap<>();
      for (NodeModel node : nodes) {
        node.live.forEach(
            (handle, addresses) -> {
              for (String address : addresses) {
                assertNull(users.put(address, handle), address + " is used twice");
                assertEquals(handle, held.get(address), address);
              }
            });
      }
    }

    /** All agents start anew, but for those of deleted nodes, and have time. */
    private void recover() throws Exception {
      isLate = false;
      tell(Integer.MAX_VALUE);
      for (NodeModel node : nodes) {
        node.kill();
        if (!deleted.contains(node.name)) {
          node.start();
        }
      }
      for (int i = 0; i < 40; i++) {
        clock.advance(NodeModel.INTERVAL);
        for (NodeModel node : nodes) {
          if (!node.isDead()) {
            node.pass();
          }
        }
      }
    }

    private void checkEnd() throws Exception {
      Map<String, String> living = new TreeMap<>();
      Set<String> handles = new TreeSet<>();
      for (NodeModel node : nodes) {
        node.live.forEach(
            (handle, addresses) -> {
              handles.add(handle);
              addresses.forEach(address -> living.put(address, handle));
            });
        if (!node.isDead()) {
          assertEquals(List.of(), node.audit());
        }
      }
      Map<String, String> held = cluster.allocations();
      held.values().removeIf("-"::equals); // They cool down.
      assertEquals(living, held);
      assertEquals(handles, names(IpamHandle.KIND));
      assertEquals(handles.size(), store.list(WorkloadEndpoint.KIND).entries().size());
      for (IpamBlock block : cluster.blocks()) {
        Optional<String> owner = block.owner();
        assertEquals(false, owner.filter(deleted::contains).isPresent(), block.key().toString());
      }
      for (Entry entry : store.list(BlockAffinity.KIND).entries()) {
        assertEquals(false, deleted.contains(BlockAffinity.parse(entry.json()).node()));
      }
    }

    private Set<String> names(String kind) throws Exception {
      Set<String> names = new TreeSet<>();
      store.list(kind).entries().forEach(entry -> names.add(entry.key().name()));
      return names;
    }
  }
}
