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
import io.margay.api.resource.Allocation;
import io.margay.api.resource.IpPool;
import io.margay.api.resource.IpamBlock;
import io.margay.api.resource.Node;
import io.margay.api.resource.Resource;
import io.margay.api.store.Expected;
import io.margay.api.store.Key;
import io.margay.core.TestMode;
import io.margay.testkit.FakeStore;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code pool:edit}, {@code pool:enable} and {@code pool:disable}. */
class PoolEditTest {
  private static final Cidr BLOCK = Cidr.parse("10.65.0.0/26");

  private final FakeStore store = new FakeStore(Runnable::run);
  private final TestOutput output = new TestOutput();

  @BeforeEach
  void aPoolInUse() throws Exception {
    put(IpPool.of("blue", Cidr.parse("10.65.0.0/16")));
    put(Node.of("n1").withLabels(Map.of("zone", "a")));
    put(
        IpamBlock.claimedBy("n1", BLOCK, Instant.EPOCH)
            .withAssigned(
                List.of(BLOCK.address(7)), Allocation.of("net.c1", Map.of("node", "n1"))));
  }

  @Test
  void changesWhatIsGivenAndSaysWhatStays() throws Exception {
    run(
        new PoolEdit(store),
        Map.of("name", "blue", "node-selector", "zone == \"b\"", "nat-outgoing", "true"));

    assertEquals(
        """
        pool blue changed: nodeSelector all() -> zone == "b", natOutgoing false -> true
        1 address on nodes that it does not select (n1) stay until their pods go\
        """,
        output.text());
    assertTrue(blue().natOutgoing());
  }

  @Test
  void changesWhereTheRoutesAreFrom() throws Exception {
    run(new PoolEdit(store), Map.of("name", "blue", "routes-from", "store"));

    assertEquals("pool blue changed: routes-from auto -> store", output.text());
    assertEquals(IpPool.RoutesFrom.STORE, blue().routesFrom());
    assertThrows(
        CommandException.class,
        () -> run(new PoolEdit(store), Map.of("name", "blue", "routes-from", "ospf")));
  }

  @Test
  void leavesAPoolThatIsSoAlready() throws Exception {
    run(new PoolEdit(store), Map.of("name", "blue", "assignment-mode", "Automatic"));

    assertEquals("pool blue is so already", output.text());
  }

  @Test
  void changesFieldsTogetherThatDependOnEachOther() throws Exception {
    Map<String, String> shop =
        Map.of(
            "name", "blue", "namespace-selector", "team == \"shop\"", "allowed-uses", "Workload");
    run(new PoolEdit(store), shop);
    assertEquals("team == \"shop\"", blue().namespaceSelector().toString());

    run(
        new PoolEdit(store),
        Map.of("name", "blue", "namespace-selector", "", "allowed-uses", "Workload, Tunnel"));
    assertTrue(blue().namespaceSelector().matches(Map.of()));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "node-selector | zone = | nodeSelector",
        "node-selector | global() | no global()",
        "namespace-selector | all() | none while allowedUses contains Tunnel",
        "allowed-uses | Fruit | allowedUses",
        "assignment-mode | Sometimes | assignmentMode: Sometimes (expected: one of Automatic",
        "nat-outgoing | yes | --nat-outgoing: yes (expected: true or false)",
        "nothing | | nothing to change (expected: an option",
      })
  void refuses(String option, String value, String expected) throws Exception {
    Map<String, String> arguments =
        option.equals("nothing") ? Map.of("name", "blue") : Map.of("name", "blue", option, value);

    CommandException refusal =
        assertThrows(CommandException.class, () -> run(new PoolEdit(store), arguments));

    assertTrue(refusal.getMessage().contains(expected), refusal.getMessage());
    assertEquals(IpPool.of("blue", Cidr.parse("10.65.0.0/16")), blue());
  }

  @Test
  void disablesAndEnables() throws Exception {
    run(new PoolDisable(store), Map.of("name", "blue"));
    assertTrue(blue().disabled());
    run(new PoolDisable(store), Map.of("name", "blue"));
    run(enable("direct"), Map.of("name", "blue"));
    assertFalse(blue().disabled());
    run(enable("direct"), Map.of("name", "blue"));

    assertEquals(
        """
        pool blue disabled; 1 address in use stay and are routed
        no pool of IPv4 is enabled any more: new pods get no such address
        pool blue is disabled already; 1 address in use stay and are routed
        no pool of IPv4 is enabled any more: new pods get no such address
        pool blue enabled
        pool blue is enabled already\
        """,
        output.text());
  }

  @Test
  void enablesNoPoolWhoseModeIsMissing() throws Exception {
    run(new PoolDisable(store), Map.of("name", "blue"));

    CommandException refusal =
        assertThrows(CommandException.class, () -> run(enable("ipip"), Map.of("name", "blue")));

    assertEquals(
        "mode of pool blue: direct (expected: ipip, which bundles of this node provide)",
        refusal.getMessage());
    assertTrue(blue().disabled());
  }

  @Test
  void knowsNoOtherPool() {
    for (Command command : List.of(new PoolDisable(store), enable("direct"))) {
      CommandException refusal =
          assertThrows(CommandException.class, () -> run(command, Map.of("name", "red")));
      assertEquals("there is no pool red", refusal.getMessage());
      assertEquals(List.of("blue"), command.complete("name"));
    }
  }

  private PoolEnable enable(String... modes) {
    return new PoolEnable(store, Stream.of(modes).<RoutingMode>map(TestMode::new).toList());
  }

  private void run(Command command, Map<String, String> arguments) throws Exception {
    command.run(new TestInvocation(arguments), output);
  }

  private IpPool blue() throws Exception {
    return IpPool.parse(store.get(Key.of(IpPool.KIND, "blue")).orElseThrow().json());
  }

  private void put(Resource resource) throws Exception {
    store.put(resource.key(), resource.toJson(), Expected.ANY);
  }
}
