// SPDX-License-Identifier: Apache-2.0
package io.margay.itests;

import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Running pods follow the MTU of the uplinks, and their connections go on. */
class PodMtuIT {
  private static final List<String> NODES = List.of("node1", "node2");
  private static final int PPS = 1000;

  private static Lab lab;

  @BeforeAll
  static void twoNodesWithAPodEach() throws IOException {
    lab = Lab.up(2, "46");
    NODES.forEach(node -> lab.run("pod", "add", node, "of-" + node).orFail());
    Lab.await("no ping is missed", () -> lab.run("ping").exitCode() == 0);
  }

  @AfterAll
  static void down() throws IOException {
    if (lab != null) {
      lab.close();
    }
  }

  @Test
  void runningPodsShrinkAndGrowWithTheUplinkWithoutLosingAConnection() throws Exception {
    Lab.await("pods have 1430", () -> hasMtu(1430));
    try (Loss loss = Loss.in(lab, PPS)) {
      uplinks(1400);
      Lab.await("pods have 1330", () -> hasMtu(1330));
      uplinks(1500);
      Lab.await("pods have 1430", () -> hasMtu(1430));
      loss.assertConnected();
    }
  }

  private static void uplinks(int mtuBytes) {
    String mtu = Integer.toString(mtuBytes);
    NODES.forEach(node -> lab.kernel(node).ip("link", "set", "eth0", "mtu", mtu));
  }

  /** Whether both ends of each pod's link have it, and the pods' routes set nothing else. */
  private static boolean hasMtu(int mtuBytes) {
    String mtu = " mtu " + mtuBytes + " ";
    return NODES.stream()
        .allMatch(
            node -> {
              NodeKernel pod = lab.kernel("of-" + node);
              String link = lab.kernel(node).podLinks().get(0);
              return lab.kernel(node).ip("link", "show", link).contains(mtu)
                  && pod.ip("link", "show", "eth0").contains(mtu)
                  && !pod.ip("-4", "route", "show", "default").contains("mtu")
                  && !pod.ip("-6", "route", "show", "default").contains("mtu");
            });
  }
}
