// SPDX-License-Identifier: Apache-2.0
package io.margay.itests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The benches come to an end with every figure; what the figures are is nobody's promise here. */
class BenchIT {
  @TempDir static Path scratch;

  @BeforeAll
  static void takesMinutes() throws Exception {
    assumeTrue(Boolean.getBoolean("margay.test.long"), "benches run with ./test.sh --long");
    assumeTrue(Files.getAttribute(Path.of("/proc/self"), "unix:uid").equals(0), "labs need root");
  }

  @Test
  void measuresEveryModeBesideItsEquivalent() throws Exception {
    List<String> lines = bench("modes");

    Set<String> expected =
        Stream.of("direct", "direct-bare", "vxlan", "vxlan-bare", "ipip", "ipip-bare")
            .flatMap(mode -> Stream.of("udp", "rr", "bulk").map(kind -> mode + "-" + kind))
            .collect(Collectors.toSet());
    Set<String> found =
        lines.stream()
            .filter(line -> !line.contains("\"ratio\":null"))
            .map(line -> line.replaceAll(".*\"case\":\"([^\"]*)\".*", "$1"))
            .collect(Collectors.toSet());
    assertTrue(found.containsAll(expected), lines.toString());
  }

  @Test
  void measuresASwitchAmongSimulatedNodes() throws Exception {
    List<String> lines = bench("switch");

    assertEquals(
        1, lines.stream().filter(l -> l.contains("\"case\":\"live\"")).count(), "" + lines);
  }

  @Test
  void assignsAHundredThousandAddressesWithoutAFault() throws Exception {
    List<String> lines = bench("ipam");

    for (String fault : List.of("churn-held-twice", "churn-left-over")) {
      String expected = "\"case\":\"" + fault + "\",\"value\":0,";
      assertTrue(lines.stream().anyMatch(line -> line.contains(expected)), lines.toString());
    }
    assertTrue(
        lines.stream().anyMatch(line -> line.contains("\"case\":\"view-20000-blocks\"")),
        lines.toString());
  }

  private static List<String> bench(String name) throws Exception {
    Path json = scratch.resolve(name);
    String margay = Distribution.HOME.resolve("bin/margay").toString();
    Process process =
        Shell.start(Map.of(), margay, "bench", name, "--rounds", "1", "--json", json.toString());
    Shell.end(process).orFail();
    return Files.readAllLines(json);
  }
}
