// SPDX-License-Identifier: Apache-2.0
package io.margay.itests;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Containers of {@code ctr run --cni} on two nodes, each with a containerd of its own. */
class ContainerdIT {
  private static final String POOL = "default-ipv4-ippool";

  private static final List<Containerd> containerds = new ArrayList<>();

  private static Lab lab;
  private static PoolModes modes;
  private static Container near;
  private static Container far;

  @BeforeAll
  static void up() throws IOException {
    lab = Lab.up(2, "46");
    modes = new PoolModes(lab, "node1");
    for (String node : List.of("node1", "node2")) {
      containerds.add(Containerd.on(lab, node));
    }
    near = containerds.get(0).run("near");
    far = containerds.get(1).run("far");
  }

  @AfterAll
  static void down() throws IOException {
    try {
      // Containers end before their agents do.
      for (Containerd containerd : containerds) {
        containerd.close();
      }
    } finally {
      if (lab != null) {
        lab.close();
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"direct", "ipip", "vxlan"})
  void containersReachEachOther(String mode) {
    modes.change(POOL, mode);

    for (String address : far.addresses()) {
      Lab.await("near reaches " + address, () -> near.reaches(address));
    }
    for (String address : near.addresses()) {
      Lab.await("far reaches " + address, () -> far.reaches(address));
    }
  }

  @Test
  void nothingIsLostWhileModesChange() throws Exception {
    modes.change(POOL, "direct");
    Lab.await("near reaches far", () -> near.reaches(far.addresses().get(0)));
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
  void aContainerThatEndsLeavesNothing() throws IOException {
    List<String> kernel = lab.kernel("node1").podObjects();
    StoredAddresses stored = StoredAddresses.of(lab, "node1");
    Container container = containerds.get(0).run("short");
    assertEquals(2, container.addresses().size());

    container.kill();

    assertEquals(kernel, lab.kernel("node1").podObjects());
    assertEquals(stored, StoredAddresses.of(lab, "node1"));
  }
}
