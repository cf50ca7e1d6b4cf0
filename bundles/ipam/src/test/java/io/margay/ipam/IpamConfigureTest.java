// SPDX-License-Identifier: Apache-2.0
package io.margay.ipam;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.margay.api.console.CommandException;
import io.margay.api.net.Cidr;
import io.margay.api.resource.Allocation;
import io.margay.api.resource.IpamBlock;
import io.margay.api.resource.IpamConfiguration;
import io.margay.api.store.Key;
import io.margay.testkit.FakeStore;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class IpamConfigureTest {
  private static final Key KEY = Key.of(IpamConfiguration.KIND, IpamConfiguration.NAME);

  private final FakeStore store = new FakeStore(Runnable::run);
  private final Cluster cluster = new Cluster(store);
  private final IpamConfigure configure = new IpamConfigure(store);

  @Test
  void showsWhatHoldsBesideTheDefaults() throws Exception {
    run("cooldown", "60");

    String shown = new CommandRun(Map.of()).of(configure);
    assertEquals(
        List.of(
            "setting=strictAffinity, value=false, default_=false",
            "setting=autoAllocateBlocks, value=true, default_=true",
            "setting=maxBlocksPerHost, value=20, default_=20",
            "setting=ipCooldownSeconds, value=60, default_=0"),
        shown.lines().map(l -> l.replaceAll("Row\\[(.*), meaning=.*", "$1")).toList());
  }

  @Test
  void changesSeveralSettingsInOneStep() throws Exception {
    assertEquals(
        "strictAffinity false -> true, maxBlocksPerHost 20 -> 4\n",
        run("strict-affinity", "true", "max-blocks-per-host", "4"));
    assertEquals("nothing to change\n", run("strict-affinity", "true"));
    assertEquals("autoAllocateBlocks true -> false\n", run("auto-allocate-blocks", "false"));

    IpamConfiguration stored = IpamConfiguration.parse(store.get(KEY).orElseThrow().json());
    assertTrue(stored.strictAffinity() && !stored.autoAllocateBlocks());
    assertEquals(4, stored.maxBlocksPerHost());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "strict-affinity | maybe | --strict-affinity: maybe (expected: true or false)",
        "cooldown | -1 | --cooldown: -1 (expected: a whole number)",
        "cooldown | 1201 | ipCooldownSeconds: 1201 (expected: 0..1200)",
        "max-blocks-per-host | 4 | maxBlocksPerHost: 4 (expected: 0 unless strictAffinity is true)",
        "auto-allocate-blocks | false | autoAllocateBlocks: false (expected: true unless",
      })
  void refuses(String option, String value, String expected) throws Exception {
    CommandException refusal = assertThrows(CommandException.class, () -> run(option, value));

    assertTrue(refusal.getMessage().contains(expected), refusal.getMessage());
    assertTrue(store.get(KEY).isEmpty());
  }

  @Test
  void saysWhatANewRuleLeavesAsItIs() throws Exception {
    IpamBlock free = IpamBlock.claimedBy("node1", Cidr.parse("10.65.0.0/30"), Instant.EPOCH);
    cluster.with(
        free.withAssigned(
            free.freeAddresses().subList(0, 1), Allocation.of("h", Map.of("node", "node2"))));
    cluster.with(IpamBlock.claimedBy("node1", Cidr.parse("10.65.0.4/30"), Instant.EPOCH));

    assertEquals(
        """
        strictAffinity false -> true, maxBlocksPerHost 20 -> 1
        1 borrowed addresses stay until their pods go
        nodes that have more blocks keep them: node1 (2)
        """,
        run("strict-affinity", "true", "max-blocks-per-host", "1"));
  }

  @Test
  void refusesToChangeADocumentThatIsNotValid() throws Exception {
    cluster.withJson(KEY.kind(), KEY.name(), "{}");

    CommandException refusal = assertThrows(CommandException.class, () -> run("cooldown", "1"));

    assertTrue(refusal.getMessage().contains("until it is repaired"), refusal.getMessage());
  }

  @Test
  void triesAgainWhenSomebodyWasFaster() throws Exception {
    store.beforeNextWrite(
        writes -> {
          try {
            cluster.with(IpamConfiguration.DEFAULT.withSpec(Map.of("ipCooldownSeconds", 5L)));
          } catch (Exception e) {
            throw new AssertionError(e);
          }
        });

    assertEquals("strictAffinity false -> true\n", run("strict-affinity", "true"));

    IpamConfiguration stored = IpamConfiguration.parse(store.get(KEY).orElseThrow().json());
    assertEquals(5, stored.ipCooldownSeconds());
  }

  @Test
  void completesTruthValues() {
    assertEquals(List.of("false", "true"), configure.complete("strict-affinity"));
    assertEquals(List.of(), configure.complete("cooldown"));
  }

  private String run(String... given) throws Exception {
    Map<String, String> options =
        given.length == 2
            ? Map.of(given[0], given[1])
            : Map.of(given[0], given[1], given[2], given[3]);
    return new CommandRun(options).of(configure);
  }
}
