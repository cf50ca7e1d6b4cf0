// SPDX-License-Identifier: Apache-2.0
package io.margay.itests;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The example of a vendor's mode where the nodes have no IPv4 address. */
class Srv6UnderlayIT {
  private static Lab lab;
  private static Pod near;
  private static List<String> far;

  @BeforeAll
  static void twoNodesOfIpv6Alone() throws IOException {
    Lab.assumeRoot();
    Path bundle = VendorProject.bundle("srv6");
    lab = Lab.up(2, "6");
    for (String node : List.of("node1", "node2")) {
      lab.client(node, "", "exec", "bundle:install " + bundle + " --bake 1s").orFail();
    }
    lab.client("node1", "", "exec", "pool:create four --cidr 10.65.0.0/16 --mode srv6").orFail();
    near = lab.pod("node1");
    near.add();
    far = lab.pod("node2").add();
  }

  @AfterAll
  static void down() throws IOException {
    if (lab != null) {
      lab.close();
    }
  }

  @Test
  void podsAndNodesReachPodsOfBothFamilies() {
    assertTrue(far.stream().anyMatch(a -> a.startsWith("10.65.")), far.toString());
    for (String address : far) {
      Lab.await("a pod reaches " + address, () -> near.reaches(address));
      Lab.await("a node reaches " + address, () -> nodeReaches(address));
    }
  }

  private static boolean nodeReaches(String address) {
    String ping = "nsenter --net=/run/netns/" + lab.netns("node1") + " ping -nqc1 -W2 " + address;
    return Shell.run(Map.of(), "", ping.split(" ")).exitCode() == 0;
  }
}
