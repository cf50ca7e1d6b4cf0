// SPDX-License-Identifier: Apache-2.0
package io.margay.itests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.margay.itests.Shell.Result;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Pods on two nodes, made as a kubelet makes them: by the CRI of each node's containerd. */
class CriIT {
  private static final String POOL = "default-ipv4-ippool";

  /** A pod that runs, with a container in it. */
  private record Running(Cri cri, String sandbox, String container) {
    static Running in(Cri cri, String name) {
      String sandbox = cri.runPod(name);
      return new Running(cri, sandbox, cri.runContainer(sandbox, name));
    }

    List<String> addresses() {
      return cri.addresses(sandbox);
    }

    String netns() {
      return cri.netns(sandbox);
    }

    void awaitReaches(Running other) {
      for (String address : other.addresses()) {
        Lab.await(sandbox + " reaches " + address, () -> cri.reaches(container, address));
      }
    }
  }

  private static final List<Containerd> containerds = new ArrayList<>();
  private static final List<Cri> runtimes = new ArrayList<>();

  private static Lab lab;
  private static PoolModes modes;
  private static Running near;
  private static Running far;

  @BeforeAll
  static void up() throws IOException {
    lab = Lab.up(2, "46");
    modes = new PoolModes(lab, "node1");
    for (String node : List.of("node1", "node2")) {
      containerds.add(Containerd.on(lab, node));
      runtimes.add(new Cri(containerds.get(containerds.size() - 1)));
    }
    near = Running.in(runtimes.get(0), "near");
    far = Running.in(runtimes.get(1), "far");
  }

  @AfterAll
  static void down() throws IOException {
    try {
      // Pods end before their agents do.
      runtimes.forEach(Cri::close);
    } finally {
      for (Containerd containerd : containerds) {
        containerd.close();
      }
      if (lab != null) {
        lab.close();
      }
    }
  }

  @Test
  void theRuntimeKnowsTheAddresses() {
    List<String> addresses = near.addresses();

    assertEquals(2, addresses.size(), addresses.toString());
    assertEquals(
        StoredAddresses.canonical(ContainerNetns.addresses(near.netns())),
        StoredAddresses.canonical(addresses));
  }

  @ParameterizedTest
  @ValueSource(strings = {"direct", "ipip", "vxlan"})
  void podsReachEachOther(String mode) {
    modes.change(POOL, mode);

    near.awaitReaches(far);
    far.awaitReaches(near);
  }

  @Test
  void nothingIsLostWhileModesChange() throws Exception {
    modes.change(POOL, "direct");
    near.awaitReaches(far);
    Loss.untilValid(
        () -> {
          try (Loss loss = Loss.between(near.netns(), far.netns(), far.addresses().get(0))) {
            for (String mode : List.of("ipip", "vxlan", "direct")) {
              modes.change(POOL, mode);
            }
            loss.assertNone();
          }
        });
  }

  @Test
  void aPodThatStopsLeavesNothingAndMayBeStoppedAgain() {
    Cri cri = runtimes.get(0);
    List<String> kernel = lab.kernel("node1").podObjects();
    StoredAddresses stored = StoredAddresses.of(lab, "node1");
    Running pod = Running.in(cri, "short");
    assertNotEquals(kernel, lab.kernel("node1").podObjects());

    cri.stopPod(pod.sandbox());

    assertEquals(kernel, lab.kernel("node1").podObjects());
    assertEquals(stored, StoredAddresses.of(lab, "node1"));
    cri.stopPod(pod.sandbox());
    cri.removePod(pod.sandbox());
  }

  /** While no agent runs, pods stop all the same, and one that cannot start says why. */
  @Test
  void podsStopWithoutAnAgent() {
    Cri cri = runtimes.get(1);
    List<String> kernel = lab.kernel("node2").podObjects();
    StoredAddresses stored = StoredAddresses.of(lab, "node2");
    Running pod = Running.in(cri, "orphan");

    lab.kill("node2");
    cri.stopPod(pod.sandbox());
    cri.removePod(pod.sandbox());
    Result refused = cri.tryPod("early");
    lab.start("node2");

    assertNotEquals(0, refused.exitCode());
    assertTrue(refused.output().contains("the agent does not answer"), refused.output());
    assertEquals(stored, StoredAddresses.of(lab, "node2"));
    assertEquals(kernel, lab.kernel("node2").podObjects());
    assertEquals("", cri.networkTrouble());
    Running.in(cri, "late").awaitReaches(near);
  }
}
