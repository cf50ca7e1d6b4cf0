// SPDX-License-Identifier: Apache-2.0
package io.margay.ipam;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.margay.api.resource.IpamHandle;
import io.margay.api.store.Entry;
import io.margay.api.store.Store;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Three processes that share one SQLite file, one of which is killed in the middle. */
class SqliteIpamIT {
  private static final int PODS = 100;

  @TempDir Path directory;

  @Test
  void processesNeverShareAnAddress() throws Exception {
    Store store = AssigningAgent.open(directory);
    Cluster cluster = new Cluster(store);
    cluster.withPool("blue", "10.65.0.0/20", 28).withPool("six", "fd00:65::/112", 124);

    Process one = start("node1");
    Process two = start("node2");
    Process killed = start("node3");
    List<String> served = new ArrayList<>();
    BufferedReader output = killed.inputReader();
    for (int i = 0; i < PODS / 4; i++) {
      served.add(output.readLine());
    }
    killed.toHandle().destroyForcibly(); // Unlike Process, this leaves the output readable.
    output.lines().filter(line -> line.endsWith(" .")).forEach(served::add);
    served.addAll(lines(one));
    served.addAll(lines(two));

    checkServed(cluster, served);
    checkAllCanBeReleased(cluster);
  }

  private static void checkServed(Cluster cluster, List<String> served) throws Exception {
    Map<String, String> allocations = cluster.allocations();
    Set<String> addresses = new HashSet<>();
    for (String line : served) {
      String[] words = line.split(" ");
      assertEquals(4, words.length, line);
      for (int i = 1; i < words.length - 1; i++) {
        assertTrue(addresses.add(words[i]), words[i] + " twice");
        assertEquals(words[0], allocations.get(words[i]), "an acknowledged address is lost");
      }
    }
    assertTrue(served.size() >= 2 * PODS + PODS / 4, served.size() + " pods served");
    cluster.checkInvariants();
  }

  private static void checkAllCanBeReleased(Cluster cluster) throws Exception {
    BlockIpam ipam = new BlockIpam(cluster.store(), Clock.systemUTC());
    for (Entry entry : cluster.store().list(IpamHandle.KIND).entries()) {
      ipam.release(IpamHandle.parse(entry.json()).handleId(), List.of());
    }
    ipam.close();
    assertEquals(Map.of(), cluster.allocations());
    assertEquals(0, cluster.store().list(IpamHandle.KIND).entries().size());
  }

  private Process start(String node) throws IOException {
    return new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "-cp",
            System.getProperty("java.class.path"),
            AssigningAgent.class.getName(),
            directory.toString(),
            node,
            Integer.toString(PODS))
        .redirectError(ProcessBuilder.Redirect.INHERIT)
        .start();
  }

  private static List<String> lines(Process process) throws Exception {
    List<String> lines = process.inputReader().lines().toList();
    assertEquals(0, process.waitFor());
    return lines;
  }
}
