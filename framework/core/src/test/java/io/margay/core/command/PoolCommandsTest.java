// SPDX-License-Identifier: Apache-2.0
package io.margay.core.command;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.margay.api.console.Command;
import io.margay.api.console.CommandException;
import io.margay.api.mode.RoutingMode;
import io.margay.api.net.Cidr;
import io.margay.api.net.Ip;
import io.margay.api.resource.Allocation;
import io.margay.api.resource.BlockAffinity;
import io.margay.api.resource.IpPool;
import io.margay.api.resource.IpamBlock;
import io.margay.api.resource.Resource;
import io.margay.api.store.Expected;
import io.margay.api.store.Key;
import io.margay.api.store.StoreException;
import io.margay.core.TestMode;
import io.margay.testkit.FakeStore;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PoolCommandsTest {
  private static final Cidr BLOCK = Cidr.parse("10.65.0.0/26");
  private static final Key BLUE = Key.of(IpPool.KIND, "blue");

  private final FakeStore store = new FakeStore(Runnable::run);
  private final TestOutput output = new TestOutput();

  @ParameterizedTest
  @CsvSource({
    "direct, Never, Never, ''",
    "ipip, Always, Never, ''",
    "ipip/CrossSubnet, CrossSubnet, Never, ''",
    "vxlan, Never, Always, ''",
    "vxlan/CrossSubnet, Never, CrossSubnet, ''",
    "srv6/CrossSubnet, Never, Never, srv6/CrossSubnet",
  })
  void createsAPoolOfAnyMode(String mode, String ipip, String vxlan, String vendor)
      throws Exception {
    create(Map.of("name", "blue", "cidr", "10.65.0.0/16", "mode", mode, "block-size", "28"));

    IpPool pool = IpPool.parse(store.get(BLUE).orElseThrow().json());
    Map<?, ?> spec = (Map<?, ?>) pool.toMap().get("spec");
    assertEquals(ipip, spec.get("ipipMode"));
    assertEquals(vxlan, spec.get("vxlanMode"));
    assertEquals(vendor, pool.vendorMode().orElse(""));
    assertEquals(28, pool.blockSize());
    assertEquals("pool blue created: 10.65.0.0/16, mode " + mode, output.text());
  }

  @Test
  void createsAPoolForSomeNodesAndNamespaces() throws Exception {
    create(
        Map.of(
            "name",
            "blue",
            "cidr",
            "10.65.0.0/16",
            "node-selector",
            "zone == \"a\"",
            "namespace-selector",
            "team == \"shop\"",
            "assignment-mode",
            "Manual"));

    IpPool pool = IpPool.parse(store.get(BLUE).orElseThrow().json());
    assertEquals("zone == \"a\"", pool.nodeSelector().toString());
    assertEquals("team == \"shop\"", pool.namespaceSelector().toString());
    assertEquals(Set.of(IpPool.AllowedUse.WORKLOAD), pool.allowedUses(), "tunnels have none");
    assertEquals(IpPool.AssignmentMode.MANUAL, pool.assignmentMode());
  }

  @Test
  void completesModesAndUses() {
    PoolCreate create = new PoolCreate(store, List.of(new TestMode("ipip")));

    assertEquals(List.of("ipip"), create.complete("mode"));
    assertEquals(List.of("Automatic", "Manual"), create.complete("assignment-mode"));
    assertEquals(List.of(), create.complete("cidr"));
  }

  @Test
  void knowsNoPoolToDelete() {
    CommandException refusal = assertThrows(CommandException.class, this::delete);

    assertEquals("there is no pool blue", refusal.getMessage());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "blue | 10.65.0.1/16 | direct | 26 | no host bits set",
        "blue | 10.64.0.0/12 | direct | 26 | no overlap with 10.66.0.0/16 of IPPool/other",
        "blue | 10.65.0.0/28 | direct | 26 | room for one block at least",
        "blue | 10.65.0.0/16 | direct | 33 | blockSize",
        "blue | 10.65.0.0/16 | direct | x | --block-size: x (expected: a prefix length",
        "blue | fd00:65::/48 | ipip | 122 | ipipMode",
        "blue | 10.65.0.0/16 | Direct! | 26 | --mode: Direct! (expected: ",
        "blue | 10.65.0.0/16 | wireguard | 26 | expected: direct, ipip, srv6, vxlan, which",
        "Blue | 10.65.0.0/16 | direct | 26 | name",
        "other | 10.65.0.0/16 | direct | 26 | pool other exists already",
      })
  void refusesBadPools(String name, String cidr, String mode, String bits, String expected)
      throws Exception {
    put(IpPool.of("other", Cidr.parse("10.66.0.0/16")));

    CommandException refusal =
        assertThrows(
            CommandException.class,
            () -> create(Map.of("name", name, "cidr", cidr, "mode", mode, "block-size", bits)));

    assertTrue(refusal.getMessage().contains(expected), refusal.getMessage());
    assertEquals(1, store.list(IpPool.KIND).entries().size());
  }

  @Test
  void refusesToDeleteAPoolInUseAndSaysByWhom() throws Exception {
    put(IpPool.of("blue", Cidr.parse("10.65.0.0/16")));
    put(
        IpamBlock.claimedBy("n1", BLOCK, Instant.EPOCH)
            .withAssigned(
                List.of(Ip.parse("10.65.0.7")),
                Allocation.of("net.c1", Map.of("node", "n1", "pod", "web", "namespace", "shop"))));

    CommandException refusal = assertThrows(CommandException.class, this::delete);

    assertEquals(
        "pool blue is in use, 1 address: 10.65.0.7 of pod shop/web on n1; its pods move by"
            + " pool:migrate blue",
        refusal.getMessage());
    assertFalse(IpPool.parse(store.get(BLUE).orElseThrow().json()).disabled());
  }

  @Test
  void deletesAPoolWithItsEmptyBlocks() throws Exception {
    put(IpPool.of("blue", Cidr.parse("10.65.0.0/16")));
    put(IpamBlock.claimedBy("n1", BLOCK, Instant.EPOCH));
    put(BlockAffinity.of("n1", BLOCK, BlockAffinity.State.CONFIRMED));

    delete();

    assertTrue(store.list(IpPool.KIND).entries().isEmpty());
    assertTrue(store.list(IpamBlock.KIND).entries().isEmpty());
    assertTrue(store.list(BlockAffinity.KIND).entries().isEmpty());
    assertEquals("pool blue deleted, 1 block given back", output.text());
  }

  @Test
  void enablesThePoolAgainWhenSomebodyTookAnAddressJustBefore() throws Exception {
    put(IpPool.of("blue", Cidr.parse("10.65.0.0/16")));
    store.beforeNextWrite(
        writes ->
            put(
                IpamBlock.claimedBy("n1", BLOCK, Instant.EPOCH)
                    .withAssigned(
                        List.of(Ip.parse("10.65.0.7")), Allocation.of("net.c1", Map.of()))));

    assertThrows(CommandException.class, this::delete);

    assertFalse(IpPool.parse(store.get(BLUE).orElseThrow().json()).disabled());
  }

  @Test
  void listsPoolsAndNamesUnreadableOnes() throws Exception {
    put(IpPool.of("blue", Cidr.parse("10.65.0.0/16")).withDisabled(true));
    store.put(Key.of(IpPool.KIND, "bad"), "{}".getBytes(), Expected.ABSENT);

    run(new PoolList(store), Map.of());

    assertTrue(output.text().contains("left out: IPPool"), output.text());
    assertTrue(output.text().contains("cidr=10.65.0.0/16, mode=direct"), output.text());
    assertTrue(output.text().contains("state=disabled"), output.text());
  }

  private void create(Map<String, String> arguments) throws Exception {
    List<RoutingMode> modes =
        Stream.of("direct", "ipip", "vxlan", "srv6").<RoutingMode>map(TestMode::new).toList();
    run(new PoolCreate(store, modes), arguments);
  }

  private void delete() throws Exception {
    run(new PoolDelete(store), Map.of("name", "blue"));
  }

  private void run(Command command, Map<String, String> arguments) throws Exception {
    command.run(new TestInvocation(arguments), output);
  }

  private void put(Resource resource) {
    try {
      store.put(resource.key(), resource.toJson(), Expected.ANY);
    } catch (StoreException e) {
      throw new AssertionError(e);
    }
  }
}
