// SPDX-License-Identifier: Apache-2.0
package io.margay.itests;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Pods do not notice that an agent goes and comes, and the kernel does not either. */
class AgentLossIT {
  private static Lab lab;
  private static Pod near;
  private static Pod far;

  @BeforeAll
  static void up() throws IOException {
    lab = Lab.up(2, "46");
    near = lab.pod("node1");
    far = lab.pod("node2");
    near.add();
    for (String address : far.add()) {
      Lab.await("route to " + address, () -> near.reaches(address));
    }
  }

  @AfterAll
  static void down() throws IOException {
    if (lab != null) {
      lab.close();
    }
  }

  @Test
  void losesNoPacketWhenKilledAndStartedAgain() throws IOException {
    assertUnnoticed(() -> lab.kill("node1"));
  }

  @Test
  void losesNoPacketWhenStoppedAndStartedAgain() throws IOException {
    assertUnnoticed(() -> lab.stop("node1"));
  }

  private static void assertUnnoticed(Runnable end) throws IOException {
    List<String> before = lab.settledKernel("node1");
    int logged = lab.log("node1").size();
    try (var monitor = new KernelMonitor(lab.netns("node1"));
        var stream = PacketStream.between(near, far)) {
      end.run();
      assertEquals(List.of(), lab.kernel("node1").changesSince(before));

      lab.start("node1");
      stream.awaitMore();

      stream.assertNothingLost();
      assertEquals(List.of(), monitor.changes());
    }
    assertEquals(List.of(), lab.kernel("node1").changesSince(before));
    assertWroteNothing(lab.log("node1").subList(logged, lab.log("node1").size()));
  }

  private static void assertWroteNothing(List<String> log) {
    assertEquals(
        1,
        log.stream().filter(line -> line.matches(".* Kernel compared .* drift=0")).count(),
        log.toString());
    assertEquals(
        List.of(),
        log.stream()
            .filter(line -> line.contains(" Kernel written="))
            .filter(line -> !line.contains(" Kernel written=0 deleted=0 "))
            .toList());
  }
}
