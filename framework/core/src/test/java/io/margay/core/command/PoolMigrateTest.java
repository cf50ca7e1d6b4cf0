// SPDX-License-Identifier: Apache-2.0
package io.margay.core.command;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.margay.api.console.CommandException;
import io.margay.api.net.Cidr;
import io.margay.api.resource.Allocation;
import io.margay.api.resource.IpPool;
import io.margay.api.resource.IpamBlock;
import io.margay.api.resource.Namespace;
import io.margay.api.resource.Node;
import io.margay.api.resource.Resource;
import io.margay.api.store.Expected;
import io.margay.api.store.Key;
import io.margay.api.store.StoreException;
import io.margay.testkit.FakeStore;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PoolMigrateTest {
  private static final Cidr BLOCK = Cidr.parse("10.65.0.0/26");
  private static final IpamBlock EMPTY = IpamBlock.claimedBy("n1", BLOCK, Instant.EPOCH);

  private final FakeStore store = new FakeStore(Runnable::run);
  private final TestOutput output = new TestOutput();

  @BeforeEach
  void twoPools() throws Exception {
    put(Node.of("n1").withLabels(Map.of("zone", "a")));
    put(IpPool.of("blue", Cidr.parse("10.65.0.0/16")));
    put(IpPool.of("green", Cidr.parse("10.66.0.0/24")));
    put(
        EMPTY.withAssigned(
            List.of(BLOCK.address(7)),
            Allocation.of("net.c1", Map.of("node", "n1", "pod", "web", "namespace", "shop"))));
  }

  @Test
  void saysWhatWouldMoveAndChangesNothing() throws Exception {
    put(IpPool.of("amber", Cidr.parse("10.67.0.0/24")));

    run("old", "blue", "new", "green", "plan", "");

    assertEquals(
        """
        Row[node=n1, namespace=shop, workload=web, address=/10.65.0.7]
        1 address to move from pool blue (10.65.0.0/16) to pool green (10.66.0.0/24), which has 256 free
        pods may also get addresses of amber, where the selectors allow it: pools are used in the order of their names\
        """,
        output.text());
    assertFalse(blue().disabled());
  }

  @Test
  void followsUntilTheOldPoolIsEmptyAndDeletesIt() throws Exception {
    // The pod goes as soon as the pool is disabled.
    store.beforeNextWrite(writes -> put(EMPTY));

    run("old", "blue", "new", "green");

    assertTrue(
        output.text().endsWith("pool blue is empty and deleted, 1 block given back"),
        output.text());
    assertTrue(store.get(Key.of(IpPool.KIND, "blue")).isEmpty());
  }

  @Test
  void keepsTheEmptyPoolWhenTold() throws Exception {
    put(EMPTY);

    run("old", "blue", "new", "green", "keep", "");

    assertTrue(output.text().endsWith("pool blue is empty, and disabled"), output.text());
    assertTrue(blue().disabled());
  }

  @Test
  void disablesAndGoesBack() throws Exception {
    run("old", "blue", "new", "green", "wait", "0s");
    assertTrue(blue().disabled());
    assertTrue(
        output.text().endsWith("1 address left in pool blue: run this again to follow"),
        output.text());

    run("old", "blue", "undo", "");
    assertFalse(blue().disabled());
    assertTrue(
        output.text().endsWith("blue is enabled again; pods that moved stay where they are"),
        output.text());

    run("old", "blue", "undo", "");
    assertTrue(output.text().endsWith("is enabled; its pods stay where they are"), output.text());
  }

  @Test
  void saysWhatIsLeftWhenTheTimeIsOver() {
    output.close();

    CommandException refusal =
        assertThrows(CommandException.class, () -> run("old", "blue", "new", "green"));

    assertEquals(
        "pool blue is disabled and not empty yet, 1 address left: 1 on n1; make these pods anew and"
            + " run this again, or go back with pool:migrate blue --undo",
        refusal.getMessage());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "red | there is no pool red",
        "blue | it is the same pool",
        "six | of the other family",
        "off | it is disabled: pool:enable off",
        "tunnels | its allowedUses do not contain Workload",
        "manual | its assignmentMode is Manual",
        "zone-b | its nodeSelector zone == \"b\" does not select n1, where 1 address would",
        "full | it has 0 free addresses and needs 1",
        "team | its namespaceSelector team == \"a\" does not select namespace shop",
        "green | namespace asking asks for pool blue: its pods would get no address",
      })
  void refusesAPoolThatCannotTakeThem(String target, String expected) throws Exception {
    Cidr cidr = Cidr.parse("10.70.0.0/24");
    put(IpPool.of("six", Cidr.parse("fd00:65::/64")));
    put(IpPool.of("off", cidr).withDisabled(true));
    put(IpPool.of("tunnels", cidr).withSpec(Map.of("allowedUses", List.of("Tunnel"))));
    put(IpPool.of("manual", cidr).withSpec(Map.of("assignmentMode", "Manual")));
    Map<String, Object> forTeam =
        Map.of("namespaceSelector", "team == \"a\"", "allowedUses", List.of("Workload"));
    put(IpPool.of("team", cidr).withSpec(forTeam));
    if (target.equals("green")) {
      Map<String, String> ask = Map.of("cni.projectcalico.org/ipv4pools", "[\"blue\"]");
      put(Namespace.of("asking").withAnnotations(ask));
    }
    put(IpPool.of("zone-b", cidr).withNodeSelector("zone == \"b\""));
    put(IpPool.of("full", Cidr.parse("10.71.0.0/31"), 31));
    IpamBlock full = IpamBlock.claimedBy("n1", Cidr.parse("10.71.0.0/31"), Instant.EPOCH);
    put(full.withAssigned(full.freeAddresses(), Allocation.of("net.c2", Map.of())));

    CommandException refusal =
        assertThrows(CommandException.class, () -> run("old", "blue", "new", target));

    assertTrue(refusal.getMessage().contains(expected), refusal.getMessage());
    assertFalse(blue().disabled());
  }

  @Test
  void needsAnotherPool() {
    CommandException refusal = assertThrows(CommandException.class, () -> run("old", "blue"));

    assertEquals(2, refusal.exitCode());
    assertEquals(List.of("blue", "green"), new PoolMigrate(store).complete("new"));
  }

  private void run(String... arguments) throws Exception {
    Map<String, String> map = new HashMap<>();
    for (int i = 0; i < arguments.length; i += 2) {
      map.put(arguments[i], arguments[i + 1]);
    }
    new PoolMigrate(store).run(new TestInvocation(map), output);
  }

  private IpPool blue() throws Exception {
    return IpPool.parse(store.get(Key.of(IpPool.KIND, "blue")).orElseThrow().json());
  }

  private void put(Resource resource) {
    try {
      store.put(resource.key(), resource.toJson(), Expected.ANY);
    } catch (StoreException e) {
      throw new AssertionError(e);
    }
  }
}
