// SPDX-License-Identifier: Apache-2.0
package io.margay.itests;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.margay.itests.swap.BundleJar;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** The store's bundle is swapped on each of three nodes while all of them write. */
class SwapStoreIT {
  private static final List<String> NODES = List.of("node1", "node2", "node3");
  private static final int PODS = 25;
  private static final int SWAPS = 4;

  @Test
  void noAcknowledgedWriteIsLost() throws Exception {
    Lab.assumeRoot();
    Path jars = Files.createTempDirectory("margay-jars");
    ExecutorService writers = Executors.newFixedThreadPool(NODES.size());
    try (Lab lab = Lab.up(NODES.size(), "46")) {
      List<Future<List<String>>> added = new ArrayList<>();
      for (String node : NODES) {
        List<Pod> pods = lab.pods(node, PODS);
        added.add(writers.submit(() -> add(pods)));
      }
      for (int i = 1; i <= SWAPS; i++) {
        for (String node : NODES) {
          String file = "store-" + node + "-" + i + ".jar";
          Path jar =
              BundleJar.of(Distribution.HOME, "store-sqlite")
                  .version("1.0." + i)
                  .write(jars.resolve(file));
          lab.client(node, "", "exec", "bundle:swap store-sqlite " + jar + " --bake 0").orFail();
        }
      }
      Set<String> acknowledged = new TreeSet<>();
      for (Future<List<String>> each : added) {
        acknowledged.addAll(each.get());
      }

      assertEquals(2 * PODS * NODES.size(), acknowledged.size());
      for (String node : NODES) {
        Set<String> stored =
            lab.documents(node, "workloadendpoint").stream()
                .flatMap(
                    d -> d.getAsJsonObject("spec").getAsJsonArray("ipNetworks").asList().stream())
                .map(address -> address.getAsString().replaceAll("/.*", ""))
                .collect(Collectors.toCollection(TreeSet::new));
        assertEquals(acknowledged, stored, node);
      }
      assertEquals("nothing found", lab.client("node1", "", "exec", "ipam:check").orFail());
    } finally {
      writers.shutdownNow();
      Shell.run("rm", "-rf", jars.toString());
    }
  }

  /** Addresses that were acknowledged. */
  private static List<String> add(List<Pod> pods) {
    List<String> addresses = new ArrayList<>();
    pods.forEach(pod -> addresses.addAll(pod.add()));
    return addresses;
  }
}
